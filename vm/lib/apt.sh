# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# apt with private folders, for vm/fetch. Needs CACHE, UPDATE, say and die, and
# AGAIN, the command that starts over with new lists.
# apt_setup sets APT_CONF; fetch_debs sets DEBS, the package files.

APT_CONF=
DEBS=()
HOST_SOURCES=

os_codename() {
	local name

	name=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
	case $name in
	bookworm | trixie) printf %s "$name" ;;
	*) die "QEMU packages are fetched on Debian 12 and 13 only" \
	       "elsewhere: install QEMU >= ${QEMU_MIN#1:}, pug takes it from PATH" ;;
	esac
}

host_status() {
	local file

	eval "$(apt-config shell file Dir::State::status/f)"
	printf %s "$file"
}

# Sets HOST_SOURCES: one line per source of this machine, URI|RELEASE|COMPONENT|ORIGIN|LABEL|ENTRY.
# Without downloaded lists there is no release information; then the first
# source with one of Debian's release names has to do, and the keyring decides.
host_sources() {
	local format

	[ -z "$HOST_SOURCES" ] || return 0
	format="\$(REPO_URI)|\$(RELEASE)|\$(COMPONENT)|\$(ORIGIN)|\$(LABEL)|\$(SOURCESENTRY)"
	HOST_SOURCES=$({
		apt-get indextargets --format "$format" "Identifier: Packages"
		apt-get indextargets --no-release-info --format "$format" \
			"Identifier: Packages"
	} 2>/dev/null | awk '/\|main\|/ && !seen[$0]++')
}

# mirror_of main|security -> URI|ENTRY
mirror_of() {
	awk -F '|' -v kind="$1" '
		$4 != "Debian" && $4 !~ /ORIGIN/ { next }
		$2 !~ /^(bookworm|trixie|forky|sid|stable|oldstable|testing)/ { next }
		$2 ~ /-security$/ && kind != "security" { next }
		$2 !~ /-security$/ && kind == "security" { next }
		{ print $1 "|" $6; exit }' <<<"$HOST_SOURCES"
}

# The Signed-By of a source entry "FILE:N": the Nth line of a .list, the Nth
# stanza of a .sources (where the value may be a whole key over many lines).
signed_by() {
	local file=${1%:*} number=${1##*:}

	case $file in
	*.sources)
		sed '/^#/d' "$file" | awk -v number="$number" '
			BEGIN { RS = "" } NR == number' | awk '
			tolower($0) ~ /^signed-by:/ { sub(/^[^:]*:/, ""); on = 1; print; next }
			/^[^ \t]/ { on = 0 }
			on' ;;
	*)
		sed -n "${number}s/^[^[]*\[[^]]*signed-by=\([^] ]*\).*/ \1/Ip" \
			"$file" ;;
	esac
}

# One private source: a stanza for SUITE on the machine's own mirror.
source_stanza() {
	local suite=$1 kind=main mirror uri entry key

	[[ $suite != *-security ]] || kind=security
	mirror=$(mirror_of "$kind")
	if [ -z "$mirror" ] && [ "$kind" = security ]; then
		say "this machine has no source of security updates: doing without"
		return
	fi
	[ -n "$mirror" ] ||
		die "apt on this machine has no Debian source" \
		    "vm/fetch takes the mirror from /etc/apt/sources.list or sources.list.d"
	uri=${mirror%%|*}
	entry=${mirror#*|}
	key=$(signed_by "$entry")
	printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\n' \
		"${SOURCE_TYPE:-deb}" "$uri" "$suite"
	[ -n "${SOURCE_TYPE:-}" ] || printf 'Architectures: amd64\nTargets: Packages\n'
	[ -z "$key" ] || printf 'Signed-By:%s\n' "$key"
	printf '\n'
}

# apt_setup NAME "SUITE..." STATUS (SOURCE_TYPE=deb-src for sources): lists and packages are shared by all NAMEs.
apt_setup() {
	local dir=$CACHE/apt/$1 suites=$2 status=$3 suite

	mkdir -p "$dir/state" "$dir/cache" "$dir/log"
	host_sources
	for suite in $suites; do
		source_stanza "$suite"
	done >"$dir/pug.sources.new"
	if ! cmp -s "$dir/pug.sources.new" "$dir/pug.sources"; then
		rm -f "$dir/updated"
		mv "$dir/pug.sources.new" "$dir/pug.sources"
	fi
	rm -f "$dir/pug.sources.new"
	APT_CONF=$dir/apt.conf
	cat >"$APT_CONF" <<-EOF
	Dir::State "$dir/state";
	Dir::State::lists "$CACHE/lists";
	Dir::State::status "$status";
	Dir::Cache "$dir/cache";
	Dir::Cache::archives "$CACHE/debs";
	Dir::Cache::pkgcache "pkgcache.bin";
	Dir::Cache::srcpkgcache "srcpkgcache.bin";
	Dir::Log "$dir/log";
	Dir::Etc::sourcelist "$dir/pug.sources";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	APT::Get::List-Cleanup "false";
	APT::Sandbox::User "$(id -un)";
	APT::Default-Release "";
	Acquire::Languages "none";
	Acquire::Retries "3";
	Debug::NoLocking "true";
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	#clear DPkg::Pre-Install-Pkgs;
	#clear DPkg::Pre-Invoke;
	#clear DPkg::Post-Invoke;
	EOF
	if [ -n "$UPDATE" ] || [ ! -e "$dir/updated" ]; then
		apt_update
	fi
}

apt_private() {
	local tool=$1

	shift
	LC_ALL=C "$tool" -c "$APT_CONF" "$@"
}

apt_update() {
	local dir=${APT_CONF%/*}

	say "fetching the package lists of ${dir##*/}"
	apt_private apt-get -q update >"$dir/log/update" 2>&1 ||
		apt_failed "$dir/log/update" "the package lists could not be fetched"
	! grep -q '^[EW]: .*Failed to fetch' "$dir/log/update" ||
		apt_failed "$dir/log/update" "the package lists could not be fetched"
	touch "$dir/updated"
}

apt_failed() {
	local log=$1 what=$2

	grep -E '^(E|W|Err|  )' "$log" | tail -n 8 >&2 || true
	if grep -qE "No space left|don't have enough free space" "$log"; then
		die "$what: no space left" \
		    "free some, or set XDG_CACHE_HOME to another disk"
	fi
	if grep -qE 'resolve|connect|Network is unreachable|timed out' "$log"; then
		die "$what: no network, or the mirror cannot be reached" \
		    "run this again when it can be: what was fetched is kept"
	fi
	die "$what" "the whole log: $log"
}

# need_room DIR MIB: a full disk in the middle of the work says less.
need_room() {
	local dir=$1 mib=$2 free

	mkdir -p "$dir" || die "cannot create $dir"
	free=$(df -Pm "$dir" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$mib" ] ||
		die "$dir has $free MiB free, $mib MiB are needed" \
		    "free some space, or set XDG_CACHE_HOME to another disk"
}

version_of() {
	{ apt_private apt-cache show --no-all-versions "$1" || true; } |
		sed -n 's/^Version: //p' | head -n 1
}

# closure RELEASE NAME...: the packages that apt would install to have these,
# from RELEASE if one is named.
closure() {
	local release=$1

	shift
	apt_private apt-get -q -s ${release:+-t "$release"} \
		--no-install-recommends install "$@" | sed -nE 's/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+) .*/\1=\3/p'
}

# is_verified FILE KIND:HASH: SHA256 and SHA512 are what signed lists have.
is_verified() {
	local kind=${2%%:*} hash=${2#*:}

	[ -e "$1" ] || return 1
	case $kind in
	SHA256 | SHA512) ;;
	*) die "a hash of an unknown kind: $2" ;;
	esac
	[ "$("${kind,,}sum" "$1" | cut -d ' ' -f 1)" = "$hash" ]
}

# fetch_debs NAME[=VERSION]...: sets DEBS to files that are as the signed lists
# say. What was cut short is continued: apt-get download would begin again, and
# takes a file of the right size as it is, so it is only asked for addresses.
fetch_debs() {
	local log=${APT_CONF%/*}/log/download uri file size hash
	local wanted=() files=() bytes=0

	DEBS=()
	apt_private apt-get -qq --print-uris download "$@" >"$log" 2>&1 ||
		apt_failed "$log" "the packages are not in the lists: $*"
	while read -r uri file size hash; do
		[[ $uri == \'* ]] || continue
		DEBS+=("$CACHE/debs/$file")
		if is_verified "$CACHE/debs/$file" "$hash"; then
			continue
		fi
		rm -f "$CACHE/debs/$file"
		wanted+=("${uri//\'/}" "$CACHE/debs/partial/$file" "$hash")
		files+=("$file")
		bytes=$((bytes + size))
	done <"$log"
	[ ${#DEBS[@]} -eq $# ] ||
		apt_failed "$log" "the packages are not in the lists: $*"
	[ ${#wanted[@]} -gt 0 ] || return 0
	need_room "$CACHE" $((bytes / 1048576 + 20))
	if ! download "$log" "${wanted[@]}"; then
		# The cached lists can be older than what the mirror keeps.
		if [ -z "$UPDATE" ] && grep -q ' 404 ' "$log"; then
			say "the mirror has newer packages than the cached lists"
			exec "${AGAIN[@]}"
		fi
		apt_failed "$log" "packages could not be fetched"
	fi
	for file in "${files[@]}"; do
		mv "$CACHE/debs/partial/$file" "$CACHE/debs/$file"
	done
}

download() {
	local log=$1

	shift
	apt_private /usr/lib/apt/apt-helper -q download-file "$@" 2>&1 |
		tee "$log" | sed -n 's/^Get:[0-9]* \([^ ]*\/\)*/fetch: /p'
}
