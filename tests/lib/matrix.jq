# SPDX-License-Identifier: GPL-2.0-only
# What tools/matrix concludes. A cell is a rule, what e2e_cell saw of its
# packets ("stream"), and what faultline counted ("rule").

def unless(condition; text): if condition then empty else text end;

# ---- what arrived

def sent_all:
	.stream as $s |
	unless($s.errors == 0; "\($s.errors) of \($s.sent) could not be sent");

def none_arrived:
	.stream as $s | sent_all,
	unless($s.received == 0; "\($s.received) of \($s.sent) arrived" +
		(if $s.damaged > 0 then ", \($s.damaged) damaged" else "" end));

def arrived($times):
	.stream as $s | sent_all,
	unless($s.unique == $s.sent; "\($s.unique) of \($s.sent) arrived"),
	unless($s.damaged == 0; "\($s.damaged) arrived damaged"),
	unless($s.unique < $s.sent or $s.received == $times * $s.sent;
		"\($s.received) arrived for \($s.sent) sent");

def header($ttl; $tos):
	.stream as $s |
	unless($s.received == 0 or $s.ttl == [$ttl, $ttl];
		"ttl \($s.ttl | unique | join(" to ")), not \($ttl)"),
	unless($s.received == 0 or $s.tos == [$tos, $tos];
		"tos \($s.tos | unique | join(" to ")), not \($tos)");

def as_sent: arrived(1), header(61; 72);

def ms: . / 100 | round / 10 | "\(.) ms";

# In us; the middle one by so much, for a machine that does other things too.
def timed($least; $most; $margin):
	(.stream.delay_us | sort) as $d |
	unless($d | length == 0 or .[0] >= $least;
		"one took \($d[0] | ms), less than \($least | ms)"),
	unless($d | length == 0 or .[length / 2 | floor] <= $most + $margin;
		"they took \($d[$d | length / 2 | floor] | ms)");

def spread($least):
	.stream.delay_us as $d |
	unless($d | length < 10 or max - min >= $least;
		"they took the same, within \($d | max - min | ms)");

# Each waits for those before it; the frame may count with its link header.
def paced($bits_per_us; $margin):
	(.size + (if .family == "v4" then 28 else 48 end)) as $ip |
	[.stream.at_us | sort | to_entries[] |
		((.key + 1) * 8 / $bits_per_us) as $each |
		select(.value < $each * $ip or
			.value > $each * ($ip + 40) + $margin) |
		"number \(.key + 1) came after \(.value | ms), " +
		"due after \($each * $ip | ms)"] | unless(length == 0; .[0]);

# ---- what was counted

def counted($want):
	.rule as $r | $want | to_entries[] |
	unless($r[.key] == .value; "counted as \(.key): \($r[.key]), " +
		"not \(.value)");

def counted_all($member):
	.stream.sent as $n |
	counted({packets: $n, skipped: 0, held: 0} + {($member): $n});

def counted_passed($member): counted_all($member),
	counted({passed: .stream.sent, dropped: 0});

def counted_dropped($member): counted_all($member),
	counted({passed: 0, dropped: .stream.sent});

# ---- one cell

def transfer($bytes; $margin):
	.stream as $s |
	unless($s.bytes == $bytes; "\($s.bytes) of \($bytes) bytes arrived"),
	unless($s.wrong == 0; "\($s.wrong) bytes arrived damaged"),
	unless($s.connect_us == 0 or $s.connect_us >= 20000;
		"connected after \($s.connect_us | ms)"),
	unless($s.connect_us <= 20000 + $margin;
		"connected after \($s.connect_us | ms)"),
	counted({skipped: 0, dropped: 0, held: 0, delayed: .rule.packets});

def faults($margin):
	if .impairment == "loss" then
		none_arrived, counted_all("dropped"), counted({passed: 0})
	elif .impairment == "delay" or .impairment == "mtu" then
		as_sent, timed(20000; 20000; $margin),
		counted_passed("delayed")
	elif .impairment == "jitter" then
		as_sent, timed(15000; 25000; $margin), spread(1000),
		counted_passed("delayed")
	elif .impairment == "rate" then
		as_sent, paced(1; $margin), counted_passed("delayed")
	elif .impairment == "duplicate" then
		arrived(2), header(61; 72), counted_passed("duplicated")
	elif .impairment == "corrupt" then
		none_arrived, unless(.stream.checksum_errors == .stream.sent;
			"\(.stream.checksum_errors) of \(.stream.sent) " +
			"had a wrong checksum"), counted_passed("corrupted")
	elif .impairment == "ttl" then
		arrived(1), header(33; 72), counted_passed("mangled")
	elif .impairment == "dscp" then
		arrived(1), header(61; 40), counted_passed("mangled")
	elif .impairment == "reject" then
		none_arrived, unless(.stream.refused == .stream.sent;
			"the sender was told of \(.stream.refused) " +
			"of \(.stream.sent)"), counted_dropped("rejected")
	elif .impairment == "reject-tcp" then
		unless(.stream.refused == 1; "no RST came"),
		counted({packets: 1, rejected: 1, dropped: 1, skipped: 0})
	else transfer(.bytes; $margin)
	end;

def judged($margin):
	if .status == 3 then .result = "refused" | .why = .said
	elif .status != 0 then
		.result = "WRONG" | .why = "exit status \(.status): \(.said)"
	elif .stream == null then
		.result = "WRONG" | .why = "nothing could be sent"
	else
		[faults($margin)] as $faults |
		.result = (if $faults == [] then "right" else "WRONG" end) |
		.why = ($faults | join("; "))
	end | del(.status, .said);

# Lines of tools/matrix, tabs between the values.
def cells_of:
	split("\n") | map(select(length > 0) | split("\t") |
	{id: .[0], device: .[1], direction: .[2], family: .[3],
	impairment: .[4], rule: .[5], keys: .[6], status: (.[7] | tonumber),
	said: (.[8] | sub(" +$"; ""))} |
	.size = (.keys | capture("size=(?<n>[0-9]+)").n? // "100" | tonumber) |
	.bytes = (.keys | capture("bytes=(?<n>[0-9]+)").n? // "0" | tonumber) |
	del(.keys));

# From the files of one run: cells, streams, the JSON of stats.
def judge($margin; $cells; $streams; $stats):
	($streams | map({key: .id, value: .}) | from_entries) as $streams |
	($stats[0].rules // [] | map({key: .name, value: .}) |
		from_entries) as $rules |
	$cells[] | .stream = $streams[.id] | .rule = $rules[.id] |
	judged($margin);

# ---- faults that are known: KERNEL ENGINE DEVICE DIRECTION FAMILY IMPAIRMENT
# REASON, in which * stands for any, and a comma for "or"

def known_lines:
	split("\n") | map(select(test("^[^#]")) |
	[splits(" +")] | {where: .[:6], why: .[6:] | join(" ")});

def matches($words):
	. as $where | all(range(6); . as $i | $words[$i] | test("^(" +
		($where[$i] | gsub("[.]"; "[.]") | gsub("[*]"; ".*") |
		gsub(","; "|")) + ")$"));

def with_known($kernel; $known):
	. as $cell |
	[$kernel, .engine, .device, .direction, .family, .impairment] as $at |
	($known | map(select(.where | matches($at)))[0].why) as $why |
	if $why == null then .
	elif .result == "WRONG" then .known = $why
	elif .result == "right" then .stale = $why
	else . end;

def bad: (.result == "WRONG" and .known == null) or .stale != null;

def is_good: .failed == [] and all(.cells[]; bad | not);

# ---- to be read

def ends: "\(.direction) \(.family | sub("v"; "IPv"))";

def pad($width): . + " " * ([$width - length, 0] | max);

def columns: [
	["loss", ["loss"], 5], ["delay", ["delay"], 5],
	["jitter", ["jitter"], 6], ["rate", ["rate"], 5],
	["large", ["mtu", "tcp"], 5], ["duplicate", ["duplicate"], 9],
	["corrupt", ["corrupt"], 7], ["mangle", ["ttl", "dscp"], 6],
	["reject", ["reject", "reject-tcp"], 6]];

def word:
	map(.result) as $all |
	(map(select(.result == "right").direction) | unique) as $ways |
	if length == 0 then "-"
	elif any($all[]; . == "WRONG") then "WRONG"
	elif all($all[]; . == "right") then "yes"
	elif all($all[]; . == "refused") then "no"
	elif ($ways | length) == 1 and (map(select(.direction == $ways[0]) |
		.result) | all(. == "right")) then $ways[0]
	else "part" end;

def heading: ("" | pad(13)) + (columns | map(. as $c | $c[0] | pad($c[2])) |
	join(" ") | sub(" +$"; ""));

# Of the cells of one device.
def row: . as $cells | (.[0].device | pad(12)) + " " + (columns |
	map(. as $c | $cells | map(select(.impairment as $i |
		$c[1] | index([$i]))) | word | pad($c[2])) | join(" ") |
	sub(" +$"; ""));

def place: "\(.device) \(ends) \(.impairment)";

# Of all ends that the cells of a device have, these.
def some_of($every): . as $ends | [("in ", "out ") as $way |
	($every | map(select(startswith($way)))) as $all |
	($ends | map(select(startswith($way)))) as $these |
	if $these == $all and $all != [] then $way[:-1] else $these[] end] |
	join(", ");

# Of the cells of one device with one reason: those impairments together that
# have it in the same places.
def where($all):
	.[0].device as $device |
	($all | map(select(.device == $device)) | map(ends) | unique) as $every |
	group_by(.impairment) | map({impairment: .[0].impairment,
		ends: (map(ends) | unique)}) | group_by(.ends) | map($device +
	(if .[0].ends == $every then "" else " (" +
	(.[0].ends | some_of($every)) + ")" end) + ": " + (map(.impairment) | join(", "))) | join("; ");

# Text in lines of 76 columns at most, which begin with $first or $next.
def folded($first; $next):
	reduce splits(" ") as $word ([$first];
		if (.[-1] + " " + $word | length) > 76 then
			. + [$next + $word]
		else .[-1] += (if .[-1] == $first then "" else " " end) + $word
		end) | .[];

# Lines "WHERE", and below it why. $all are the cells of all devices.
def gathered($all): group_by(.why) | .[] |
	(group_by(.device) | map(where($all)) | join("; ") | folded(""; "")),
	(.[0].why | folded("    "; "    "));

def part($title; lines):
	[lines] | unless(length == 0 or . == ["```"]; "", $title, .[]);

def sum: group_by(.result) | map("\(length) \(.[0].result)") | join(", ");

# In the order in which they were made.
def by_device: reduce .cells[] as $cell ({order: [], of: {}};
	(if .of[$cell.device] == null then .order += [$cell.device]
	else . end) | .of[$cell.device] += [$cell]) |
	.of as $of | .order | map($of[.]);

def table: heading, (by_device[] | row);

# Cells with what they have in common.
def refused: .cells | map(select(.result == "refused"));
def wrong: .cells | map(select(.result == "WRONG") |
	if .known then .why += " (known: \(.known))" else . end);
def stale: .cells | map(select(.stale != null));

def text:
	table,
	(.cells as $all |
	part("Refused:"; refused | gathered($all) | "  " + .),
	part("WRONG:"; wrong | gathered($all) | "  " + .),
	part("Known as WRONG in tests/matrix.known, but right:"; stale |
		gathered($all) | "  " + .)),
	part("No such device here:"; .absent[] | "  \(.device): \(.why)"),
	part("Could not be tried:"; .failed[] | "  \(.device): \(.why)"),
	"", "kernel \(.kernel), engine \(.engine): \(.cells | sum)";

def docs:
	"# Devices", "",
	"What becomes of each impairment on each kind of device, as measured by",
	"`tools/matrix` on Linux \(.kernel) with engine \(.engine). Each cell is",
	"both directions and both address families:", "",
	"- yes: right. The packets that should arrive did, whole, once (or twice),",
	"  in time, and faultline counted exactly that.",
	"- no: the rule is refused (exit status 3). in, out: right in this",
	"  direction, refused in the other. part: right in some cases, refused in",
	"  others.",
	"- WRONG: neither right nor refused, see below.",
	"- -: the kind of device cannot carry it.", "",
	"The columns: `loss 100%`, `delay 20ms`, `delay 20ms 5ms`, `rate 1mbit`,",
	"frames as large as the MTU and a TCP transfer under `delay 20ms`,",
	"`duplicate 100%`, `corrupt 100% payload` of UDP, `mangle ttl` and `mangle",
	"dscp`, `reject` of UDP and of TCP. veth-xdp is a veth whose peer has an",
	"XDP program; lo-own is lo with an address of the host's own besides",
	"127.0.0.1 and ::1; of dummy only what leaves is looked at.",
	"", "```", table, "```",
	(.cells as $all |
	part("Refused:\n\n```"; (refused | gathered($all)), "```"),
	part("Wrong:\n\n```"; (wrong | map(.why = (.known // .why)) |
		gathered($all)), "```")),
	part("Kinds of devices that this kernel does not have:\n";
		.absent[] | "- \(.device): \(.why)");

# A check for each device, and its cells that are WRONG.
def tap:
	[by_device[] | {name: .[0].device, sum: sum,
	bad: map(select(bad) | if .stale != null then .why =
		"in tests/matrix.known, but right" else . end),
	known: map(select(.known != null) | .why += " (known)")}] +
	[.failed[] | {name: .device, sum: .why, failed: true}] +
	[.absent[] | {name: .device, skip: .why}] | to_entries[] |
	(.key + 1) as $n | .value |
	if .skip then "ok \($n) # SKIP no device \(.name) here: \(.skip)"
	elif (.failed | not) and .bad == [] then "ok \($n) - \(.name): \(.sum)"
	else "not ok \($n) - \(.name): \(.sum)" end,
	((.bad // [])[], (.known // [])[] | "# \(place): \(.why)");
