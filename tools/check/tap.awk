# SPDX-License-Identifier: GPL-2.0
#
# Count the results of one suite's TAP or KTAP. A result whose lines above are
# further indented stands for these: only leaves count, unless the leaves are
# fine and their parent is not. Each level needs a plan that is kept.
#
# Out, tab-separated: "pass NAME", "fail NAME", "skip NAME REASON",
# "error TEXT".

function out(kind, name, reason) {
	printf "%s\t%s%s\n", kind, name, reason == "" ? "" : "\t" reason
	if (kind == "fail" || kind == "error")
		failures++
}

function push(indent) {
	depth++
	at[depth] = indent
	plan[depth] = -1
	seen[depth] = 0
	failed_before[depth] = failures
}

# The end of a group of results: was the plan kept?
function close_group(d,    where) {
	where = d > 1 ? "a subtest" : "the suite"
	if (plan[d] < 0 && seen[d] > 0)
		out("error", where " printed no plan")
	else if (plan[d] >= 0 && plan[d] != seen[d])
		out("error", where " planned " plan[d] " results and gave " seen[d])
}

# Leave levels further in than INDENT; true if there was one with results.
function leave(indent,    had) {
	had = 0
	while (depth > 0 && at[depth] > indent) {
		close_group(depth)
		had = had || seen[depth] > 0 || plan[depth] > 0
		child_failed = failures > failed_before[depth]
		depth--
	}
	if (depth == 0 || at[depth] < indent)
		push(indent)
	return had
}

function result(line, indent,    ok, name, reason, parent) {
	ok = line ~ /^ok/
	parent = leave(indent)
	seen[depth]++
	name = line
	sub(/^(not )?ok *[0-9]* *-? */, "", name)
	if (match(name, /# *[Ss][Kk][Ii][Pp][A-Za-z]*:? */)) {
		reason = substr(name, RSTART + RLENGTH)
		name = substr(name, 1, RSTART - 1)
		# cmocka has the name where the reason should be, kselftest.h all of it:
		# ours say "DEVICE: TEST: REASON"
		if (name ~ /^ *$/) {
			name = reason
			reason = ""
			if (match(name, /^[^:]+: [^:]+: /)) {
				reason = substr(name, RLENGTH + 1)
				name = substr(name, 1, RLENGTH - 2)
			}
		}
		sub(/ +$/, "", name)
		if (!parent)
			out("skip", name, reason == "" ? "no reason given" : reason)
		return
	}
	if (!parent)
		out(ok ? "pass" : "fail", name == "" ? "unnamed" : name)
	else if (!ok && !child_failed)
		out("fail", name)
}

{
	sub(/\r$/, "")
	line = $0
	sub(/^ +/, "", line)
	indent = length($0) - length(line)
}

line ~ /^(K?TAP) version [0-9]+/ {
	# A second document on a level: that of another program
	leave(indent)
	if (seen[depth] > 0) {
		close_group(depth)
		depth--
		push(indent)
	}
	next
}

line ~ /^1\.\.[0-9]+/ {
	leave(indent)
	if (plan[depth] >= 0) {
		close_group(depth)
		depth--
		push(indent)
	}
	plan[depth] = substr(line, 4) + 0
	if (plan[depth] == 0) {
		reason = line
		sub(/^[^#]*# *[Ss][Kk][Ii][Pp][A-Za-z]*:? */, "", reason)
		if (reason == line || reason == "")
			out("error", "an empty plan without a reason")
		else
			out("skip", "all", reason)
	}
	any = 1
	next
}

line ~ /^(not )?ok( |$)/ {
	result(line, indent)
	any = 1
	next
}

line ~ /^Bail out!/ {
	out("error", line)
}

END {
	if (depth > 1)
		out("error", "the output ends within a subtest")
	while (depth > 0)
		close_group(depth--)
	if (!any)
		out("error", "no results at all")
}
