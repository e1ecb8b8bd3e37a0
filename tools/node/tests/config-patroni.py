# SPDX-License-Identifier: GPL-2.0
"""Stands in for Patroni in a guest: opens the watchdog by Patroni's own code, as
soon as systemd starts it, and writes down what came of it."""
import os
import stat
import time

from patroni.watchdog.linux import LinuxWatchdogDevice

def main():
    path = "/dev/watchdog_patroni"
    with open("/run/patroni/seen", "w") as out:
        out.write("user=%d\n" % os.getuid())
        out.write("policy=%d,%d\n" % (os.sched_getscheduler(0) & 0xff,
                                      os.sched_getparam(0).sched_priority))
        try:
            out.write("target=%s\n" % os.path.realpath(path))
            device = LinuxWatchdogDevice(path)
            device.open()
            device.set_timeout(25)
            out.write("opened=%s,%d\n" % (device.describe(), device.get_timeout()))
            device.close()
        except Exception as error:
            out.write("error=%s\n" % error)
    time.sleep(1000000)


main()
