#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# plot.sh TSV [SVG]: draws the rows that the benchmarks added to TSV as a chart
# (TSV's name and .svg), with gnuplot.  A bar is a ratio: above 1, pcp is better.
# The thin line in it goes from its min to its max; the red one is the goal.  What
# peers.sh measured is not of cp, and left out.

. "$(dirname "$0")/chart.sh"

# Bars are to begin at 1, so gnuplot gets logarithms: number, label, ratio, min,
# max, goal.
awk -F '\t' -v OFS='\t' '
function log2(x)
{
	return log(x) / log(2)
}
!/^#/ && $1 != "peers" && $6 > 0 {
	print ++n, sprintf("%s: %s   %.2f", $1, $2, $5), log2($5), log2($6), log2($7),
		($8 == "-" ? "NaN" : log2($8))
}' "$tsv" >"$data"
[ -s "$data" ] || fail "$tsv: no rows"

quoted() {
	sed "s/'/''/g"
}

title=$(sed -n 's/^# //p' "$tsv" | head -n 1 | quoted)
rows=$(wc -l <"$data")
gnuplot <<END
set terminal svg size 1000,$((rows * 24 + 140)) noenhanced background 'white' \
	font 'sans-serif,12'
set output '$(echo "$svg" | quoted)'
set datafile separator '\t'
set title "What cp takes / what pcp takes\n" . '$title'
set xtics ('1/8' -3, '1/4' -2, '1/2' -1, '1' 0, '2' 1, '4' 2, '8' 3, '16' 4, '32' 5, \
	'64' 6, '128' 7)
set ytics scale 0
set yrange [-$rows - 0.7 : -0.3]
set offsets 0.2, 0.2, 0, 0
set grid xtics
set yzeroaxis lt -1
set style fill solid 0.6
set key below samplen 2
low(x) = x < 0 ? x : 0
high(x) = x > 0 ? x : 0
plot '$data' using 3:(-\$1):(low(\$3)):(high(\$3)):(-\$1 - 0.3):(-\$1 + 0.3):ytic(2) \
		with boxxyerror lc rgb '#4477aa' title 'median', \
	'' using 4:(-\$1):(\$5 - \$4):(0) with vectors nohead lc rgb '#222222' \
		title 'min to max', \
	'' using 6:(-\$1 - 0.4):(0):(0.8) with vectors nohead lw 3 lc rgb '#cc3311' \
		title 'goal'
END
echo "plot.sh: wrote $svg" >&2
