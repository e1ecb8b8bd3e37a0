# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A newc cpio archive of a folder, without cpio or root: every entry belongs
# to root and is of time 0, so that the same files give the same archive. The
# kernel takes several archives one after another.

CPIO_INODE=0

# cpio_entry NAME MODE(octal) SIZE [MAJOR MINOR]: a header; the data follow.
cpio_entry() {
	local name=$1 mode=$((8#$2)) size=$3 major=${4:-0} minor=${5:-0}

	CPIO_INODE=$((CPIO_INODE + 1))
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' \
		"$CPIO_INODE" "$mode" 0 0 1 0 "$size" 0 0 "$major" "$minor" \
		$((${#name} + 1)) 0 "$name"
	cpio_pad $(((4 - (110 + ${#name} + 1) % 4) % 4))
}

cpio_pad() {
	case $1 in
	1) printf '\0' ;;
	2) printf '\0\0' ;;
	3) printf '\0\0\0' ;;
	esac
}

cpio_file() {
	local file=$1 name=$2 mode=100644 size

	[ ! -x "$file" ] || mode=100755
	size=$(stat -c %s "$file")
	cpio_entry "$name" "$mode" "$size"
	cat "$file"
	cpio_pad $(((4 - size % 4) % 4))
}

cpio_link() {
	cpio_entry "$2" 120777 "${#1}"
	printf %s "$1"
	cpio_pad $(((4 - ${#1} % 4) % 4))
}

# cpio_tree DIR: the archive of DIR on stdout, with /dev/console and /dev/null.
cpio_tree() {
	local dir=$1 name kind target

	CPIO_INODE=0
	while IFS=$'\t' read -r name kind target; do
		case $kind in
		l) cpio_link "$target" "$name" ;;
		d) cpio_entry "$name" 40755 0 ;;
		*) cpio_file "$dir/$name" "$name" ;;
		esac
	done < <(cd "$dir" && find . -mindepth 1 -printf '%P\t%y\t%l\n' |
		LC_ALL=C sort)
	if [ -d "$dir/dev" ]; then
		cpio_entry dev/console 20600 0 5 1
		cpio_entry dev/null 20666 0 1 3
	fi
	cpio_entry TRAILER!!! 0 0
	# The kernel wants the next archive on a boundary of four; the
	# trailer's padding sees to that.
}
