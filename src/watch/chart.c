/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the drawing is stretched to the width that there is, and so would be letters in it.  So
 * the labels are text beside it, and lines keep their width (vector-effect).
 *
 * Two lines are told apart without colours, too: the second one is dashed.
 */
#include <config.h>

#include "watch/chart.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "watch/words.h"

/* The drawing, in its own units */
#define WIDTH 1000.0
#define HEIGHT 100.0

static const char *number_text(char buf[static WORDS_BUF], enum chart_unit unit, double n)
{
	char inner[WORDS_BUF];

	switch (unit) {
	case CHART_SECONDS:
		return n > 0 ? words_time(buf, n) : "0";
	case CHART_BYTES_A_SECOND:
		snprintf(buf, WORDS_BUF, "%s/s", words_size(inner, n));
		return buf;
	case CHART_A_SECOND:
		snprintf(buf, WORDS_BUF, "%s/s", words_number(inner, n));
		return buf;
	default:
		return words_number(buf, n);
	}
}

/* Returns a round number, not below n, that is the top of the grid. */
static double round_up(enum chart_unit unit, double n)
{
	static const double steps[] = { 1, 2, 4, 6, 8, 10 };
	double base = unit == CHART_SECONDS ? 1e-6 : 1;

	if (unit == CHART_BYTES_A_SECOND)
		while (n > base * 1000)
			base *= 1024;
	while (n > base * 10)
		base *= 10;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (n <= base * steps[i])
			return base * steps[i];
	return base * 10;
}

/* The numbers of one line, in short */
struct range {
	double most, sum, seconds;
};

static struct range range_of(chart_number *of, const struct series *s)
{
	struct range r = { .most = 0 };

	for (unsigned int i = 0; i < s->n; i++) {
		double n = of(&s->samples[i]);
		double seconds = clock_seconds(s->samples[i].end - s->samples[i].begin);

		if (n < 0)
			continue;
		r.most = n > r.most ? n : r.most;
		r.sum += n * seconds;
		r.seconds += seconds;
	}
	return r;
}

static double x_of(const struct series *s, int64_t at)
{
	return WIDTH * at / s->last.at;
}

/*
 * Put the commands of a path: each sample has its number in all of its time.  With area, the path
 * is closed along the bottom.
 */
static void put_path(FILE *out, chart_number *of, const struct series *s, double top, bool area)
{
	bool open = false;

	for (unsigned int i = 0; i < s->n; i++) {
		const struct series_sample *p = &s->samples[i];
		double n = of(p), y = HEIGHT - HEIGHT * n / top;
		bool last = i + 1 == s->n || of(p + 1) < 0;

		if (n < 0) {
			open = false;
			continue;
		}
		if (!open && area)
			fprintf(out, "M%.1f %.0fL%.1f %.1f", x_of(s, p->begin), HEIGHT,
				x_of(s, p->begin), y);
		else if (!open)
			fprintf(out, "M%.1f %.1f", x_of(s, p->begin), y);
		fprintf(out, "L%.1f %.1f", x_of(s, (p->begin + p->end) / 2), y);
		if (last)
			fprintf(out, "L%.1f %.1f", x_of(s, p->end), y);
		if (last && area)
			fprintf(out, "L%.1f %.0fZ", x_of(s, p->end), HEIGHT);
		open = true;
	}
}

static void put_drawing(FILE *out, const struct chart *c, const struct series *s, double top)
{
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 -2 %.0f "
		"%.0f\" preserveAspectRatio=\"none\">\n<title>%s</title>\n", WIDTH, HEIGHT + 4,
		c->title);
	for (int i = 0; i <= 2; i++)
		fprintf(out, "<line class=\"grid\" x1=\"0\" x2=\"%.0f\" y1=\"%.0f\" "
			"y2=\"%.0f\"/>\n", WIDTH, HEIGHT * i / 2, HEIGHT * i / 2);
	if (!c->lines[1].of) {
		fputs("<path class=\"area\" d=\"", out);
		put_path(out, c->lines[0].of, s, top, true);
		fputs("\"/>\n", out);
	}
	/* The first one on top: where both are the same it is not hidden. */
	for (int i = 1; i >= 0; i--) {
		if (!c->lines[i].of)
			continue;
		fprintf(out, "<path class=\"line line%d\" d=\"", i + 1);
		put_path(out, c->lines[i].of, s, top, false);
		fputs("\"/>\n", out);
	}
	fputs("</svg>\n", out);
}

/* What the lines are, with their numbers in short */
static void put_legend(FILE *out, const struct chart *c, const struct range ranges[static 2])
{
	char buf[WORDS_BUF];

	fputs("<ul class=\"legend\">\n", out);
	for (int i = 0; i < 2 && c->lines[i].of; i++) {
		const struct range *r = &ranges[i];

		fprintf(out, "<li><span class=\"key key%d\"></span>%s: mean ", i + 1,
			c->lines[i].name);
		fprintf(out, "%s, ", number_text(buf, c->unit, r->seconds > 0 ?
						 r->sum / r->seconds : 0));
		fprintf(out, "highest %s</li>\n", number_text(buf, c->unit, r->most));
	}
	fputs("</ul>\n", out);
}

void chart_put(FILE *out, const struct chart *c, const struct series *s)
{
	struct range ranges[2] = { { .most = 0 } };
	double seconds = clock_seconds(s->last.at), most = 0;
	char buf[WORDS_BUF];

	for (int i = 0; i < 2 && c->lines[i].of; i++) {
		ranges[i] = range_of(c->lines[i].of, s);
		most = ranges[i].most > most ? ranges[i].most : most;
	}
	double top = round_up(c->unit, most);

	fprintf(out, "<figure class=\"chart\">\n<figcaption><b>%s</b> %s</figcaption>\n", c->title,
		c->about);
	put_legend(out, c, ranges);
	fputs("<div class=\"plot\"><div class=\"y\" aria-hidden=\"true\">", out);
	fprintf(out, "<span>%s</span>", number_text(buf, c->unit, top));
	fprintf(out, "<span>%s</span><span>0</span></div>\n", number_text(buf, c->unit, top / 2));
	put_drawing(out, c, s, top);
	fputs("<div class=\"x\" aria-hidden=\"true\"><span>0</span>", out);
	fprintf(out, "<span>%s</span>", words_time(buf, seconds / 2));
	fprintf(out, "<span>%s</span></div></div>\n</figure>\n", words_time(buf, seconds));
}
