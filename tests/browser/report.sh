#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The page of --report in a browser, headless Chromium: nothing is wider than the screen, at 400
# pixels either; dark where that is preferred; printed on pages; nothing is loaded.
#
# Not in make check, as Chromium is large and takes a while to start: make check-report.  With
# KEEP=DIR the pictures and the PDF stay there, to be looked at.

. "$(dirname "$0")/../cli/common.sh"

oneTimeSetUp() {
	! is_cp || skip_all 'cp has no --report'
	for browser in chromium chromium-browser google-chrome ''; do
		[ ! "$browser" ] || ! command -v "$browser" >/dev/null || break
	done
	[ "$browser" ] || skip_all 'no Chromium (on Debian, the package chromium)'
	room=$scratch/browser
	mkdir -p "$room/src/dir"
	cd "$room" || exit
	for i in $(seq 300); do head -c $((i * 40)) /dev/zero >src/dir/$i; done
	head -c 3000000 /dev/urandom >"src/$(printf '%0200d' 7)"
	echo x >"src/$(printf 'new\nline \377 <b>')"
	mkdir dst slow
	if has_fuse && slowfs -x -d open=5000 src slow; then
		pcp -R -j1 --window=1 --report=r.html slow/. missing dst 2>err
		umount slow
	else
		pcp -R --report=r.html src/. missing dst 2>err
	fi
	[ -s r.html ]
}

# chromium OPTION...: what it says is in browser.log
chromium_with() {
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars \
		--user-data-dir="$scratch/profile" --allow-file-access-from-files "$@" \
		2>"$scratch/browser.log"
}

# look WIDTH SCRIPT [OPTION...]: what SCRIPT, in which the page is d and its window w, returns
look() {
	cat >"$room/look.html" <<-end
	<body><iframe id="f" src="r.html" style="width:$1px;height:2000px;border:0"></iframe>
	<script>onload = () => {
		const w = document.getElementById("f").contentWindow, d = w.document;
		document.title = "answer:" + (() => { $2 })();
	};</script></body>
	end
	shift 2
	chromium_with "$@" --window-size=1400,2200 --virtual-time-budget=3000 --dump-dom \
		"file://$room/look.html" | sed -n 's/.*<title>answer:\(.*\)<\/title>.*/\1/p'
}

test_width() {
	for width in 400 700 1200; do
		assertEquals "$width pixels" "$width" \
			"$(look $width 'return d.documentElement.scrollWidth;')"
		assertEquals "$width pixels: names and drawings" '' \
			"$(look $width "return [...d.querySelectorAll('bdi, svg, pre, h2, li')]
				.filter(e => !e.closest('.wide') &&
					e.getBoundingClientRect().right > $width)
				.map(e => e.tagName).join(' ');")"
	done
}

test_colours() {
	script='return w.getComputedStyle(d.body).backgroundColor;'
	assertEquals 'light' 'rgb(255, 255, 255)' \
		"$(look 800 "$script" --blink-settings=preferredColorScheme=1)"
	assertEquals 'dark' 'rgb(20, 23, 27)' \
		"$(look 800 "$script" --blink-settings=preferredColorScheme=0)"
	# By the formula of WCAG: each text to what is behind it, in both
	contrast='
		const lum = c => c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
			.map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
			.reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
		const back = e => { for (; e; e = e.parentElement) {
			const c = w.getComputedStyle(e).backgroundColor;
			if (c != "rgba(0, 0, 0, 0)") return c; } };
		let least = 99;
		for (const e of d.querySelectorAll("body *")) {
			if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
				continue;
			const a = lum(w.getComputedStyle(e).color), b = lum(back(e));
			least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
		}
		return least >= 4.5 ? "good" : least;'
	for scheme in 0 1; do
		assertEquals "contrast, scheme $scheme" good \
			"$(look 800 "$contrast" --blink-settings=preferredColorScheme=$scheme)"
	done
}

test_alone() {
	assertEquals 'nothing is loaded' 0 \
		"$(look 800 'return w.performance.getEntriesByType("resource").length;')"
	assertEquals 'in the mode of the standard' CSS1Compat "$(look 800 'return d.compatMode;')"
}

test_printed() {
	chromium_with --print-to-pdf="$room/r.pdf" --no-pdf-header-footer "file://$room/r.html"
	assertTrue 'a PDF' "head -c 5 '$room/r.pdf' | grep -q %PDF-"
	[ "${KEEP-}" ] || return 0
	for scheme in 0 1; do
		for width in 500 1100; do
			chromium_with --blink-settings=preferredColorScheme=$scheme \
				--window-size=$width,5000 "file://$room/r.html" \
				--screenshot="$KEEP/report-$width-$scheme.png"
		done
	done
	cp "$room/r.pdf" "$KEEP/report.pdf"
}

. shunit2
