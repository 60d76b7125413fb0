#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# growth_plot.sh TSV [SVG]: draws what growth.sh wrote to TSV as a chart (TSV's name
# and .svg), with gnuplot: over the number of files, the time for a file, and the
# peak of the memory.

. "$(dirname "$0")/chart.sh"
[ -s "$tsv" ] || fail "$tsv: no rows"

# A block for each line of the chart: its title, colour, dashes and point; then files,
# microseconds a file, MiB
awk -F '\t' '
{
	key = $4 ", " $1 ", " ($2 == 1 ? "one name" : $2 " names")
	if (!(key in points)) {
		order[++n] = key
		style[key] = ($4 == "pcp" ? 1 : 2) " " ($1 == "flat" ? 1 : 2) " " ($2 == 1 ? 7 : 8)
	}
	points[key] = points[key] $3 " " $5 / $3 * 1e6 " " $7 / 1024 "\n"
}
END {
	for (i = 1; i <= n; i++)
		printf "\"%s\"\n%s\n\n", order[i], points[order[i]]
	for (i = 1; i <= n; i++)
		styles = styles style[order[i]] " "
	print n, styles >"/dev/stderr"
}' "$tsv" >"$data" 2>"$data.styles"
lines=$(cut -d ' ' -f 1 "$data.styles")
styles=$(cut -d ' ' -f 2- "$data.styles")
rm "$data.styles"

gnuplot <<END
set terminal svg size 1000,560 noenhanced background 'white' font 'sans-serif,12'
set output '$(echo "$svg" | sed "s/'/''/g")'
styles = '$styles'
style(i, k) = int(word(styles, 3 * i + k))
colour(i) = style(i, 1) == 1 ? 0x4477aa : 0xcc6633
set logscale x
set format x '10^%L'
set xlabel 'files'
set grid
set key below maxcols 2 samplen 4
set multiplot layout 1,2
set yrange [0:*]
set title 'microseconds a file'
plot for [i=0:$lines - 1] '$data' index i using 1:2 with linespoints lc rgb colour(i) \
	dt style(i, 2) pt style(i, 3) ps 0.7 title columnheader(1)
set logscale y
set yrange [*:*]
set title 'MiB of memory at the peak'
plot for [i=0:$lines - 1] '$data' index i using 1:3 with linespoints lc rgb colour(i) \
	dt style(i, 2) pt style(i, 3) ps 0.7 title columnheader(1)
unset multiplot
END
echo "growth_plot.sh: wrote $svg" >&2
