# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# apt with private folders, for vm/fetch. Needs CACHE, UPDATE, say and die.
# apt_setup sets APT_CONF; fetch_debs sets DEBS, the package files.

APT_CONF=
DEBS=()

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

# One line per source of this machine: URI|RELEASE|COMPONENT|ORIGIN|LABEL|ENTRY.
# Without downloaded lists there is no release information; then the first
# source with one of Debian's release names has to do, and the keyring decides.
host_sources() {
	local format=

	format="\$(REPO_URI)|\$(RELEASE)|\$(COMPONENT)|\$(ORIGIN)|\$(LABEL)|\$(SOURCESENTRY)"
	{
		apt-get indextargets --format "$format" "Identifier: Packages"
		apt-get indextargets --no-release-info --format "$format" \
			"Identifier: Packages"
	} 2>/dev/null | grep '|main|' | awk '!seen[$0]++'
}

# mirror_of main|security -> URI|ENTRY
mirror_of() {
	host_sources | awk -F '|' -v kind="$1" '
		$4 != "Debian" && $4 !~ /ORIGIN/ { next }
		$2 !~ /^(bookworm|trixie|forky|sid|stable|oldstable|testing)/ { next }
		$2 ~ /-security$/ && kind != "security" { next }
		$2 !~ /-security$/ && kind == "security" { next }
		{ print $1 "|" $6; exit }'
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
	printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' \
		"$uri" "$suite"
	printf 'Architectures: amd64\nTargets: Packages\n'
	[ -z "$key" ] || printf 'Signed-By:%s\n' "$key"
	printf '\n'
}

# apt_setup NAME "SUITE..." STATUS: lists and packages are shared by all NAMEs.
apt_setup() {
	local dir=$CACHE/apt/$1 suites=$2 status=$3 suite

	mkdir -p "$dir/state" "$dir/cache" "$dir/log"
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

version_of() {
	{ apt_private apt-cache show --no-all-versions "$1" || true; } |
		sed -n 's/^Version: //p' | head -n 1
}

# The packages that apt would install here to have NAME from RELEASE.
closure() {
	apt_private apt-get -q -s -t "$1" --no-install-recommends \
		install "$2" | sed -nE 's/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+) .*/\1=\3/p'
}

# apt writes the epoch's colon as %3a in file names, so this does too.
deb_file() {
	local name=${1%%=*} version=${1#*=} arch

	for arch in amd64 all; do
		if [ -e "$CACHE/debs/${name}_${version//:/%3a}_$arch.deb" ]; then
			printf %s "${name}_${version//:/%3a}_$arch.deb"
			return
		fi
	done
	die "apt fetched $1 but left no file in $CACHE/debs"
}

# What is there is checked by its hash and not fetched again; what was cut
# short is continued.
download() {
	local log=${APT_CONF%/*}/log/download

	(cd "$CACHE/debs" && apt_private apt-get -q download "$@") 2>&1 |
		tee "$log" | sed -n 's/^Get:/fetch: &/p'
}

# fetch_debs NAME[=VERSION]...: sets DEBS to files that apt has verified.
fetch_debs() {
	local log=${APT_CONF%/*}/log/download spec wanted=()

	for spec in "$@"; do
		[[ $spec == *=* ]] || spec=$spec=$(version_of "$spec")
		[[ $spec != *= ]] || die "no package called ${spec%=}" \
			"vm/fetch --update looks again with new lists"
		wanted+=("$spec")
	done
	if ! download "${wanted[@]}"; then
		# The cached lists can be older than what the mirror keeps.
		if [ -z "$UPDATE" ] && grep -q ' 404 ' "$log"; then
			say "the mirror has newer packages than the cached lists"
			exec "$TOP/vm/fetch" --update "${TARGETS[@]}"
		fi
		apt_failed "$log" "packages could not be fetched"
	fi
	DEBS=()
	for spec in "${wanted[@]}"; do
		DEBS+=("$CACHE/debs/$(deb_file "$spec")")
	done
}
