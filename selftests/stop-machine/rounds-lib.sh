# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Load, freeze, unload, many times over: does memory go missing? Sourced by
# rounds.sh and full-rounds.sh, which set ROUNDS, SLAB_LIMIT and CONTROL_ROUNDS.

TMPFILES=/tmp/leak

# Kernel memory in bytes, with the caches that can be given back given back
slab() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^SUnreclaim:/ { print $2 * 1024 }' /proc/meminfo
}

vmalloc() {
	awk '/^VmallocUsed:/ { print $2 * 1024 }' /proc/meminfo
}

mappings() {
	grep -c . /proc/vmallocinfo
}

# In each round what can fail in init does so once, and a freeze runs.
round() {
	load msecs=1 max_ms=10 || return 1
	read -r COUNT <"$DEBUGFS/count"
	[ "$COUNT" = 1 ] || { echo "count $COUNT"; return 1; }
	unload || return 1
	if load msecs=11 max_ms=10 2>/dev/null; then
		echo "11 ms were not refused"
		return 1
	fi
}

rounds() {
	for TURN in $(seq "$1"); do
		round || { echo "in round $TURN"; return 1; }
	done
}

# slope BEFORE AFTER ROUNDS: bytes a round, rounded up
slope() {
	echo $((($2 - $1 + $3 - 1) / $3))
}

# level BEFORE AFTER ROUNDS LIMIT: no more than LIMIT bytes a round went missing
level() {
	[ "$(slope "$1" "$2" "$3")" -le "$4" ] && return
	echo "$(slope "$1" "$2" "$3") bytes a round: $1, after $3 rounds $2"
	return 1
}

# The kernel's own books grow with any module that comes and goes: watchdog.ko took
# 57 bytes a round in 1,000 rounds, kernfs' numbers above all.
control_rounds() {
	CONTROL=$(find /lib/modules -name watchdog.ko)
	for TURN in $(seq "$1"); do
		insmod "$CONTROL" && rmmod watchdog || return 1
	done
}

# few BEFORE AFTER LIMIT: stacks of threads that ended are kept for others to come,
# so that the number of mappings goes up and down by some
few() {
	[ $(($2 - $1)) -le "$3" ] && return
	echo "from $1 to $2"
	return 1
}

wants_machine
plan $((9 + (CONTROL_ROUNDS > 0)))
WARM_UP=20
# Room for one stack that is kept: of 16 KiB, or 32 with KASAN
VMALLOC_LIMIT=128
! has_kasan || VMALLOC_LIMIT=256
refute "detector: 1 MiB in 200 rounds is a slope" level 0 1048576 200 "$SLAB_LIMIT"
check "detector: none is none" level 1048576 1048576 200 "$SLAB_LIMIT"
check "$WARM_UP rounds to warm up" rounds "$WARM_UP"
SLAB=$(slab)
VMALLOC=$(vmalloc)
MAPPINGS=$(mappings)
check "$ROUNDS rounds of loading, freezing, unloading, being refused" rounds "$ROUNDS"
SLAB_NOW=$(slab)
CONTROL_SLOPE=0
if [ "$CONTROL_ROUNDS" -gt 0 ]; then
	check "$CONTROL_ROUNDS rounds of another module" control_rounds "$CONTROL_ROUNDS"
	CONTROL_SLOPE=$(slope "$SLAB_NOW" "$(slab)" "$CONTROL_ROUNDS")
	[ "$CONTROL_SLOPE" -gt 0 ] || CONTROL_SLOPE=0
	diag "another module: $CONTROL_SLOPE bytes a round"
fi
diag "slab: $SLAB, then $SLAB_NOW bytes; vmalloc: $VMALLOC, then $(vmalloc);" \
	"mappings: $MAPPINGS, then $(mappings)"
if has_kasan; then
	skip "slab has no slope of ours" "KASAN keeps for a while what was freed"
else
	check "slab has no slope of ours" level "$SLAB" "$SLAB_NOW" "$ROUNDS" \
		$((SLAB_LIMIT + CONTROL_SLOPE))
fi
check "vmalloc has no slope" level "$VMALLOC" "$(vmalloc)" "$ROUNDS" "$VMALLOC_LIMIT"
check "no mapping a round is left" few "$MAPPINGS" "$(mappings)" 8
refute "detector: one a round is too many" few "$MAPPINGS" $((MAPPINGS + ROUNDS)) 8
# The smallest leak that could be: one inode a round
mkdir $TMPFILES
SLAB=$(slab)
for N in $(seq "$ROUNDS"); do
	: >"$TMPFILES/$N"
done
refute "detector: an inode a round is a slope" \
	level "$SLAB" "$(slab)" "$ROUNDS" "$SLAB_LIMIT"
diag "an inode a round is $(slope "$SLAB" "$(slab)" "$ROUNDS") bytes a round"
rm -r $TMPFILES
finish
