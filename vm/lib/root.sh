# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Roots made by mmdebstrap from packages that have been fetched: needs no network.
# Needs DEBS, SUITE, WORK.

# The fetched packages as a source that apt takes: trusted, for they have just
# been verified one by one.
make_repo() {
	local repo=$1 deb n=0

	mkdir -p "$repo"
	for deb in "${DEBS[@]}"; do
		ln -f "$deb" "$repo/" 2>/dev/null || cp "$deb" "$repo/"
		dpkg-deb -f "$deb"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${deb##*/}" \
			"$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
		n=$((n + 1))
	done >"$repo/Packages"
	cat >"$repo/Release" <<-END
	Origin: Debian
	Suite: $SUITE
	Codename: $SUITE
	SHA256:
	 $(sha256sum "$repo/Packages" | cut -d ' ' -f 1) $(stat -c %s "$repo/Packages") Packages
	END
}

# root_tar REPO TAR PACKAGE... - a root with these, and nothing that is recommended
root_tar() {
	local repo=$1 tar=$2

	shift 2
	mmdebstrap --variant="${VARIANT:-essential}" --format=tar \
		--include="$(IFS=,; printf %s "$*")" \
		--aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
		"$SUITE" "$tar" "deb [trusted=yes] copy:$repo ./"
}

# as_if_root COMMAND...: as root, or in a namespace where files belong to whom they
# should
as_if_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		mmdebstrap --unshare-helper "$@"
	fi
}
