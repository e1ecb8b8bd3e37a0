# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Unpacking for vm/fetch: into a folder beside the destination, renamed when
# it is whole. The stamp names what was unpacked. Needs DEBS, WORK, say, die.

stamp_text() {
	printf 'layout %s\n' "$STAMP_VERSION"
	printf '%s\n' "${DEBS[@]##*/}"
}

stamp_is_good() {
	[ -e "$1" ] && [ "$(head -n 1 "$1")" = "layout $STAMP_VERSION" ]
}

stamp_matches() {
	[ -e "$1" ] && [ "$(stamp_text)" = "$(cat "$1")" ]
}

# We hold the lock: what lies there was left by one that was killed.
work_begin() {
	mkdir -p "${1%/*}"
	rm -rf -- "${1%/*}"/.new.*
	WORK=$(mktemp -d "${1%/*}/.new.XXXXXX")
	chmod 755 "$WORK"
}

work_end() {
	local dest=$1

	stamp_text >"$WORK/stamp"
	if [ -e "$dest" ]; then
		mv -T "$dest" "$WORK.old"
	fi
	mv -T "$WORK" "$dest"
	rm -rf -- "$WORK.old"
	WORK=
}

unpack_debs() {
	local deb

	for deb in "${DEBS[@]}"; do
		dpkg-deb -x "$deb" "$1" ||
			die "could not unpack ${deb##*/}" \
			    "is the disk full? else remove $deb and run this again"
	done
}

# first_of FILE...: the first that exists.
first_of() {
	local file

	for file; do
		if [ -e "$file" ]; then
			printf %s "$file"
			return
		fi
	done
	die "the package's layout has changed: none of these is there:" "$@"
}

# Packaged headers name each other by where they would be installed: the
# flavour's Makefile includes the common tree, and lib/modules has links. Both
# are made relative here, so that the tree can be moved.
relocate_headers() {
	local tree=$1 header=$2 link target

	# shellcheck disable=SC2016 # the dollar signs are make's
	sed -i -e 's|^KBUILD_OUTPUT=/usr/src/.*|KBUILD_OUTPUT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))|' \
		-e 's|^include /usr/src/|include $(dir $(lastword $(MAKEFILE_LIST)))../|' \
		"$header/Makefile"
	if [ -e "$header/.kernelvariables" ]; then
		sed -i -e "s|/usr/src/|\$(srctree)/../|g" "$header/.kernelvariables"
	fi
	while read -r link; do
		target=$(readlink "$link")
		[[ $target != /* ]] || ln -sfnr "$tree$target" "$link"
	done < <(find "$tree" -maxdepth 5 -type l \
		\( -path '*/usr/src/*' -o -path '*/lib/modules/*' \))
	if grep -lE '^[^#]*/usr/(src|lib)/linux-' "$header/Makefile" \
		"$header/.kernelvariables" 2>/dev/null; then
		die "these headers name another absolute path: vm/lib/unpack.sh must learn it"
	fi
}

# unpack_kernel NAME RELEASE DEST [ROOT]: of vm/roots, where its modules are built
unpack_kernel() {
	local name=$1 release=$2 dest=$3 root=${4:-} tree header image modules

	work_begin "$dest"
	tree=$WORK/tree
	mkdir "$tree"
	unpack_debs "$tree"
	modules=$(first_of "$tree/lib/modules/$release" \
			   "$tree/usr/lib/modules/$release")
	header=$(first_of "$tree/usr/src/linux-headers-$release")
	image=$(first_of "$tree/boot/vmlinuz-$release" "$modules/vmlinuz")
	ln -sr "$image" "$WORK/vmlinuz"
	"$TOP/vm/extract-vmlinux" "$WORK/vmlinuz" "$WORK/vmlinux" ||
		say "$name: its guests unpack their kernel themselves, which is slower"
	ln -sr "$modules" "$WORK/modules"
	ln -sr "$header" "$WORK/kdir"
	printf '%s\n' "$release" >"$WORK/release"
	[ -z "$root" ] || printf '%s\n' "$root" >"$WORK/root"
	relocate_headers "$tree" "$header"
	work_end "$dest"
	say "$name: $release is in build/guest/kernels/$name"
}

# The wrapper finds everything beside itself. This machine's own firmware
# folders come last: apt does not fetch what is installed here.
qemu_wrapper() {
	cat <<-'EOF'
	#!/bin/sh
	# QEMU unpacked by vm/fetch; see there.
	here=$(dirname "$(readlink -f "$0")")
	lib=$here/tree/usr/lib/x86_64-linux-gnu
	LD_LIBRARY_PATH=$lib:$here/tree/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	QEMU_MODULE_DIR=$lib/qemu
	export LD_LIBRARY_PATH QEMU_MODULE_DIR
	EOF
	# shellcheck disable=SC2016 # expanded when the wrapper runs
	printf 'exec "$here/tree/usr/bin/%s"' "$1"
	[[ $1 == qemu-img ]] || printf ' \\\n\t-L "%s" -L "%s" -L %s -L %s' \
		"\$here/tree/usr/share/qemu" "\$here/tree/usr/share/seabios" \
		/usr/share/qemu /usr/share/seabios
	printf ' "$@"\n'
}

unpack_qemu() {
	local dest=$1 name

	work_begin "$dest"
	mkdir "$WORK/tree"
	unpack_debs "$WORK/tree"
	for name in qemu-system-x86_64 qemu-img; do
		[ -e "$WORK/tree/usr/bin/$name" ] || continue
		qemu_wrapper "$name" >"$WORK/$name"
		chmod +x "$WORK/$name"
	done
	"$WORK/qemu-system-x86_64" --version >"$WORK/version" 2>&1 ||
		die "the fetched QEMU does not run here:" "$(head -n 3 "$WORK/version")"
	work_end "$dest"
	say "qemu: $(head -n 1 "$dest/version")"
}

unpack_busybox() {
	local dest=$1

	work_begin "$dest"
	mkdir "$WORK/tree"
	unpack_debs "$WORK/tree"
	ln -sr "$(first_of "$WORK/tree/bin/busybox" "$WORK/tree/usr/bin/busybox")" \
		"$WORK/busybox"
	work_end "$dest"
	say "busybox: $(head -n 1 <<<"$("$dest/busybox")")"
}

# The server finds its share/ and lib/ by where it lies (Debian's relative
# paths), so usr/ stays as it is packaged; only shared libraries want telling.
postgresql_wrapper() {
	cat <<-'EOF'
	#!/bin/sh
	# PostgreSQL unpacked by vm/fetch; see there.
	tree=$(dirname "$(readlink -f "$0")")/../tree
	lib=$tree/usr/lib/x86_64-linux-gnu
	LD_LIBRARY_PATH=$lib:$tree/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	export LD_LIBRARY_PATH
	EOF
	# shellcheck disable=SC2016 # expanded when the wrapper runs
	printf 'exec "$tree/usr/lib/postgresql/%s/bin/%s" "$@"\n' "$1" "$2"
}

# With a libc of its own: by that one's loader, and nothing in the environment, for
# what the server starts is this machine's. Where the server looks for its programs
# there is the same, so that initdb finds postgres.
postgresql_wrapper_libc() {
	cat <<-EOF
	#!/bin/sh
	# PostgreSQL unpacked by vm/fetch; see there.
	here=\$(dirname "\$(readlink -f "\$0")")
	case \$here in
	*/tree/*) tree=\${here%/usr/lib/postgresql/$1/bin} ;;
	*) tree=\${here%/bin}/tree ;;
	esac
	lib=\$tree/usr/lib/x86_64-linux-gnu
	bin=\$tree/usr/lib/postgresql/$1
	exec "\$lib/ld-linux-x86-64.so.2" --argv0 "\$bin/bin/$2" \\
		--library-path "\$lib" "\$bin/programs/$2" "\$@"
	EOF
}

# postgresql_lacks DIR PROGRAM...: the libraries that are neither there nor here
postgresql_lacks() {
	local lib=$1/usr/lib/x86_64-linux-gnu:$1/lib/x86_64-linux-gnu
	local loader=$1/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 program

	shift
	for program; do
		if [ -e "$loader" ]; then
			"$loader" --library-path "$lib" --list "$program" 2>&1
		else
			LD_LIBRARY_PATH=$lib ldd "$program" 2>&1
		fi
	done | sed -n 's/^[ \t]*\(.*\) => not found$/\1/p' | sort -u
}

postgresql_wrappers() {
	local major=$1 from=$WORK/tree/usr/lib/postgresql/$1 name

	if [ ! -e "$WORK/tree/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" ]; then
		for name in "$from/bin"/*; do
			name=${name##*/}
			postgresql_wrapper "$major" "$name" >"$WORK/bin/$name"
		done
		chmod +x "$WORK/bin/"*
		return
	fi
	mv "$from/bin" "$from/programs"
	mkdir "$from/bin"
	for name in "$from/programs"/*; do
		name=${name##*/}
		postgresql_wrapper_libc "$major" "$name" >"$WORK/bin/$name"
	done
	chmod +x "$WORK/bin/"*
	cp -p "$WORK/bin/"* "$from/bin/"
}

# bullseye's names where it would be installed
relocate_pg_config() {
	case $("$WORK/bin/pg_config" --pgxs) in
	/usr/lib/postgresql/*)
		# shellcheck disable=SC2016 # expanded when the wrapper runs
		sed -i -e '$s/^exec //' -e '$s/$/ | sed "s|^\/usr\/|$tree\/usr\/|"/' \
			"$WORK/bin/pg_config" ;;
	esac
}

unpack_postgresql() {
	local major=$1 dest=$2 bin lacks

	work_begin "$dest"
	mkdir "$WORK/tree" "$WORK/bin"
	unpack_debs "$WORK/tree"
	bin=$(first_of "$WORK/tree/usr/lib/postgresql/$major/bin")
	# Without its library LLVM is not looked for, with it but without LLVM
	# every costly query would fail
	rm -rf "$WORK/tree/usr/lib/postgresql/$major/lib/"{llvmjit*,bitcode}
	lacks=$(postgresql_lacks "$WORK/tree" "$bin"/{postgres,initdb,psql})
	[ -z "$lacks" ] ||
		die "the fetched PostgreSQL lacks libraries here:" "$lacks"
	postgresql_wrappers "$major"
	relocate_pg_config
	"$WORK/bin/postgres" --version >"$WORK/version" 2>&1 ||
		die "the fetched PostgreSQL does not run here:" \
		    "$(head -n 3 "$WORK/version")"
	work_end "$dest"
	say "postgresql: $(head -n 1 "$dest/version")"
}

# Everything beside the wrapper; what this machine has already comes from it
browser_wrapper() {
	cat <<-'EOF'
	#!/bin/sh
	# Unpacked by vm/fetch; see there.
	here=$(dirname "$(readlink -f "$0")")
	tree=$here/tree
	lib=$tree/usr/lib/x86_64-linux-gnu
	LD_LIBRARY_PATH=$lib:$lib/pulseaudio:$tree/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	NODE_PATH=$tree/usr/share/nodejs:$tree/usr/lib/x86_64-linux-gnu/nodejs:$tree/usr/lib/nodejs
	FONTCONFIG_FILE=$here/fonts.conf
	XDG_CACHE_HOME=$here/cache
	PATH=$tree/usr/bin:$PATH
	export LD_LIBRARY_PATH NODE_PATH FONTCONFIG_FILE XDG_CACHE_HOME PATH
	EOF
	# shellcheck disable=SC2016 # expanded when the wrapper runs
	printf 'exec %s"$tree/%s" "$@"\n' "${2:-}" "$1"
}

# The same font on every machine: its widths are in the pictures
browser_fonts() {
	cat <<-'EOF'
	<?xml version="1.0"?>
	<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
	<fontconfig>
	<dir prefix="relative">tree/usr/share/fonts</dir>
	<dir>/usr/share/fonts/truetype/dejavu</dir>
	<cachedir prefix="xdg">fontconfig</cachedir>
	</fontconfig>
	EOF
}

unpack_browser() {
	local dest=$1

	work_begin "$dest"
	mkdir "$WORK/tree"
	unpack_debs "$WORK/tree"
	browser_fonts >"$WORK/fonts.conf"
	browser_wrapper usr/lib/chromium/chromium-headless-shell >"$WORK/chromium"
	browser_wrapper usr/bin/pngquant >"$WORK/pngquant"
	browser_wrapper usr/share/nodejs/eslint/bin/eslint.js 'node ' >"$WORK/eslint"
	chmod +x "$WORK/chromium" "$WORK/pngquant" "$WORK/eslint"
	"$WORK/chromium" --version >"$WORK/version" 2>&1 ||
		die "the fetched Chromium does not run here:" "$(head -n 3 "$WORK/version")"
	work_end "$dest"
	say "browser: $(head -n 1 "$dest/version")"
}

unpack_source() {
	local dest=$1 source

	shift
	work_begin "$dest"
	source=$(dpkg-deb --fsys-tarfile "${DEBS[0]}" | tar -t |
		 grep -E 'linux-source-[0-9.]+\.tar\.xz$')
	dpkg-deb --fsys-tarfile "${DEBS[0]}" | tar -xO "$source" |
		tar -xJ -C "$WORK" --strip-components=1 --wildcards \
			--no-wildcards-match-slash "$@" ||
		die "could not unpack ${DEBS[0]##*/}" "is the disk full?"
	work_end "$dest"
}
