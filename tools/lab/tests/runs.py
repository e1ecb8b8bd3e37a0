# SPDX-License-Identifier: GPL-2.0
"""What tests compare of two runs of the same cells."""

import json


def load(path):
    with open(path) as file:
        return json.load(file)


def answers(run):
    """What a table goes by, of each cell. Whether a write gets out between the thaw and
    softdog's reset differs between two forks on a busy host, seldom: `by luck' and `no'
    are two ways of telling the same race."""
    def of(seen):
        late = seen['verdict'] == 'at-thaw' and seen['protected'] in ('by luck', 'no')
        return (seen['verdict'], seen['effect'], seen['by'],
                'late' if late else seen['protected'])
    return {cell['id']: of(cell['observed']) for cell in run['cells']}
