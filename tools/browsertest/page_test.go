// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const anyPort = "127.0.0.1:0"

func newTab(t *testing.T) *tab {
	t.Helper()
	page, end, err := open(t.Context(), 1280, 900)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return page
}

// look opens the emulator's page, and fails the test at its end if the page
// has complained or has asked anyone but the emulator.
func look(t *testing.T, e emulator) *tab {
	t.Helper()
	page := newTab(t)
	must(t, page.prefer("light"))
	must(t, page.visit(e.url))
	await(t, page, `document.querySelector("#link").dataset.state === "live"`)
	t.Cleanup(func() {
		page.mu.Lock()
		defer page.mu.Unlock()
		for _, url := range page.requests {
			if !strings.HasPrefix(url, e.url+"/") {
				t.Errorf("the page has asked for %s", url)
			}
		}
		for _, complaint := range page.complaints {
			t.Errorf("the browser complains: %s", complaint)
		}
	})
	return page
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, page *tab, condition string) {
	t.Helper()
	if err := page.await(condition); err != nil {
		text, _ := ask[string](page, "document.body.innerText")
		t.Fatalf("%v; the page says\n%s", err, text)
	}
}

// same compares what an expression is in the page.
func same[T comparable](t *testing.T, page *tab, expression string, want T) {
	t.Helper()
	got, err := ask[T](page, expression)
	must(t, err)
	if got != want {
		t.Errorf("%s is %v, want %v", expression, got, want)
	}
}

// card is a request's, as an expression.
func card(id string) string { return `document.querySelector('[data-id="` + id + `"]')` }

// part is the text of a part of a card.
func part(id, selector string) string {
	return card(id) + `.querySelector("` + selector + `").innerText`
}

// keep photographs the page for a person to look at: as wide as a desk and as
// narrow as a phone, by day and by night. On the phone nothing may stick out.
func keep(t *testing.T, page *tab, name string) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	for _, view := range []struct {
		name, scheme string
		width        int64
	}{{"desk", "light", 1280}, {"desk-dark", "dark", 1280}, {"phone", "light", 390}, {"phone-dark", "dark", 390}} {
		must(t, page.resize(view.width, 900))
		must(t, page.prefer(view.scheme))
		must(t, page.photograph(filepath.Join(folder, name+"-"+view.name+".png")))
		same(t, page, "document.documentElement.scrollWidth", int(view.width))
		same(t, page, `[...document.querySelectorAll(".card, .text")].every((box) => box.scrollWidth <= box.clientWidth)`, true)
	}
	must(t, page.resize(1280, 900))
}

// contrastOf is how well an element's text stands out, by WCAG, as an expression.
func contrastOf(selector string) string {
	return `((element) => {
		const parse = (color) => color.match(/[\d.]+/g).map(Number);
		const light = (color) => parse(color).slice(0, 3).map((part) => part / 255)
			.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
			.reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
		let behind = element;
		while (parse(getComputedStyle(behind).backgroundColor)[3] === 0) {
			behind = behind.parentElement;
		}
		const two = [light(getComputedStyle(element).color), light(getComputedStyle(behind).backgroundColor)].sort((a, b) => a - b);
		return (two[1] + 0.05) / (two[0] + 0.05);
	})(document.querySelector("` + selector + `"))`
}

// follow clicks on a link to another state, and waits for the page behind it.
func follow(t *testing.T, page *tab, link string) {
	t.Helper()
	must(t, chromedp.Do(page.ctx, chromedp.Click(chromedp.CSS(link))))
	must(t, chromedp.Do(page.ctx, chromedp.WaitReady(chromedp.CSS(link+"[aria-current]"))))
	await(t, page, `document.readyState === "complete"`)
}

// keepPicture photographs the page once.
func keepPicture(t *testing.T, page *tab, name string, width int64) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	must(t, page.resize(width, 900))
	must(t, page.photograph(filepath.Join(folder, name+".png")))
}

func TestPageFollowsARequest(t *testing.T) {
	t.Parallel()
	// The first request holds the only runner until it is cancelled, so the
	// second stays in the queue for as long as the test wants.
	e := startEmulator(t, "-listen", anyPort, "-queue-time", "0s", "-run-time", "500ms", "-runners", "1", "-faults",
		faultFile(t, `[{"route": "submit", "prompt": "a long exposure", "job": {"stuck": "IN_PROGRESS"}}]`))
	page := look(t, e)
	await(t, page, `!document.querySelector("#empty").hidden`)
	same(t, page, `document.querySelector("#setup").innerText`, "export FLUX2_EMULATOR_URL="+e.url)
	// A page that is loaded anew forgets this.
	same(t, page, "window.sameDocument = true", true)

	holder := e.submit(t, map[string]any{"prompt": "a long exposure of stars over the sea"})
	await(t, page, card(holder)+`?.dataset.state === "running"`)
	id := e.submit(t, map[string]any{
		"prompt": "a white lighthouse on a headland above a calm sea at sunset", "seed": int64(9223372036854775807),
		"image_size": "landscape_16_9", "output_format": "webp", "num_images": 2,
	})
	last := e.submit(t, map[string]any{"prompt": "sea pinks, botanical illustration"})
	await(t, page, card(last)+`?.dataset.state === "queued"`)
	same(t, page, part(id, ".state"), "In the queue, next")
	same(t, page, part(last, ".state"), "In the queue, 1 ahead")
	same(t, page, `document.querySelector("#count-queued").innerText`, "2")
	same(t, page, `document.querySelector("#empty").hidden`, true)
	keep(t, page, "emulator-queued")

	e.do(t, http.MethodPut, model+"/requests/"+holder+"/cancel", nil)
	await(t, page, card(last)+`?.dataset.state === "completed"`)
	same(t, page, card(holder)+".dataset.state", "cancelled")
	same(t, page, card(id)+".dataset.state", "completed")
	same(t, page, `["completed", "failed", "cancelled"].map((name) => document.querySelector("#count-" + name).innerText).join()`, "2,0,1")
	same(t, page, "window.sameDocument", true)
	await(t, page, `document.querySelector("#news[role=status]").innerText.startsWith("Request 3: Completed")`)
	// Newest first.
	same(t, page, `[...document.querySelectorAll("#cards > li")].map((item) => item.dataset.id).join()`,
		strings.Join([]string{last, id, holder}, ","))
	same(t, page, part(id, ".seed code"), "9223372036854775807")
	same(t, page, part(id, ".import code"), "import {\n  to = flux2_image.NAME\n  id = \"fal-ai/flux-2-dev/"+id+"\"\n}")
	same(t, page, `/^in [0-9.]+ m?s: [0-9.]+ m?s queued, 500 ms running$/.test(`+part(id, ".duration")+`)`, true)
	same(t, page, part(id, ".parameters > div"), "image_size landscape_16_9 1024 × 576")
	// Only a click of a person's may write to the clipboard.
	must(t, chromedp.Do(page.ctx, chromedp.Click(chromedp.CSS(`[data-id="`+id+`"] .copy`))))
	await(t, page, part(id, ".copy")+` === "Copied"`)
	// Where that is forbidden, the text is selected at least.
	same(t, page, `(navigator.clipboard.writeText = () => Promise.reject(), document.querySelector(".setup .copy").click()) ?? true`, true)
	await(t, page, `document.querySelector(".setup .copy").innerText === "Selected"`)
	same(t, page, "getSelection().toString()", "export FLUX2_EMULATOR_URL="+e.url)

	all, err := page.pictures()
	must(t, err)
	painted := 0
	for _, p := range all {
		if strings.HasPrefix(p.Source, "/_/pictures/") {
			painted++
			if problem := p.problem(); problem != "" {
				t.Errorf("%s %s", p.Source, problem)
			}
		}
	}
	if painted != 3 {
		t.Errorf("%d pictures, want 3", painted)
	}
	same(t, page, card(id)+`.querySelectorAll("img")[1].alt`, "Picture 2 of 2: a white lighthouse on a headland above a calm sea at sunset")
	keep(t, page, "emulator-completed")
}

func TestPageShowsFailures(t *testing.T) {
	t.Parallel()
	e := startEmulator(t, "-listen", anyPort, "-queue-time", "0s", "-run-time", "0s", "-faults",
		faultFile(t, `[{"route": "submit", "prompt": "broken", "job": {"error_type": "runner_disconnected"}}]`))
	page := look(t, e)
	refused := e.submit(t, map[string]any{"prompt": "emulate:refuse this one"})
	broken := e.submit(t, map[string]any{"prompt": "a broken mirror"})
	invalid := e.submit(t, map[string]any{"prompt": "nine cats", "num_images": 9})
	flagged := e.submit(t, map[string]any{"prompt": "emulate:nsfw", "image_size": "square"})
	await(t, page, card(flagged)+`?.querySelector("figcaption")`)
	for id, want := range map[string]string{
		refused: "HTTP 422: body.prompt: The content could not be processed because it contained material flagged by a content checker.",
		broken:  "HTTP 503 runner_disconnected: The request failed: runner disconnected",
		invalid: "HTTP 422: body.num_images: Input should be less than or equal to 4",
	} {
		same(t, page, part(id, ".code-line")+` + ": " + `+part(id, ".failure ul"), want)
		same(t, page, part(id, ".state"), "Failed")
		same(t, page, card(id)+`.querySelector(".import").hidden`, true)
	}
	same(t, page, part(flagged, "figcaption"), "Flagged by the safety checker")
	same(t, page, `document.querySelector("#count-failed").innerText`, "3")
	keep(t, page, "emulator-failed")
}

func TestPageShowsPromptsAsText(t *testing.T) {
	t.Parallel()
	e := startEmulator(t, "-listen", anyPort, "-queue-time", "0s", "-run-time", "0s")
	page := look(t, e)
	for _, prompt := range []string{
		`<script>window.hurt = 1</script><img src=x onerror="window.hurt = 1">`,
		`"><svg onload=window.hurt=1> '; window.hurt = 1; //`,
		`</p></article></li></ol><style>* { display: none }</style>`,
		strings.Repeat("unbroken", 200),
	} {
		id := e.submit(t, map[string]any{"prompt": prompt, "image_size": "square"})
		await(t, page, card(id)+`?.querySelector(".mat img")?.complete`)
		same(t, page, part(id, ".prompt"), prompt)
		same(t, page, card(id)+`.querySelector("img").alt`, "Picture: "+prompt[:min(200, len(prompt))])
	}
	same(t, page, "window.hurt === undefined", true)
	keep(t, page, "emulator-hostile")
}

func TestPageIsBounded(t *testing.T) {
	t.Parallel()
	e := startEmulator(t, "-listen", anyPort, "-queue-time", "0s", "-run-time", "0s")
	page := look(t, e)
	const all, limit = 230, 200
	for range all {
		e.submit(t, map[string]any{"prompt": "emulate:refuse"})
	}
	await(t, page, `document.querySelector("#count-failed").innerText === "230"`)
	same(t, page, `document.querySelectorAll("#cards > li").length`, limit)
	same(t, page, `document.querySelector("#cards > li").dataset.seq`, "230")
	same(t, page, `document.querySelector("#more").innerText`, "The newest 200 of 230 requests.")
}

// submitSixty has the emulator paint sixty pictures but for one, which it returns.
func submitSixty(t *testing.T, e emulator) (failed string) {
	t.Helper()
	sizes := []map[string]int{{"width": 512, "height": 512}, {"width": 640, "height": 512}, {"width": 512, "height": 640}}
	subjects := []string{"a lighthouse", "an empty harbour", "a heron in tall grass", "sea pinks", "a stone bridge", "a winter orchard"}
	for i := range 60 {
		prompt := subjects[i%len(subjects)] + ", seen on walk " + strconv.Itoa(i+1) + ", botanical woodcut in two colours"
		if i == 36 {
			failed = e.submit(t, map[string]any{"prompt": "emulate:refuse " + prompt, "image_size": sizes[0]})
			continue
		}
		e.submit(t, map[string]any{"prompt": prompt, "image_size": sizes[i%3]})
	}
	return failed
}

// One failure among sixty requests is in sight at once, and a link away.
func TestPageFindsOneFailureAmongSixty(t *testing.T) {
	t.Parallel()
	e := startEmulator(t, "-listen", anyPort, "-queue-time", "0s", "-run-time", "0s")
	page := look(t, e)
	failed := submitSixty(t, e)
	await(t, page, `document.querySelector("#count-total").innerText === "60"`)
	same(t, page, `["queued", "running", "completed", "failed", "cancelled"].map((name) => document.querySelector("#count-" + name).innerText).join()`, "0,0,59,1,0")
	same(t, page, `document.querySelectorAll("#sheet a").length`, 60)
	same(t, page, `[...document.querySelectorAll("#sheet a.failed")].map((tile) => tile.innerText.replace(/\s+/g, " ")).join()`, "422 37")
	same(t, page, `document.querySelector("#sheet a.failed").ariaLabel.startsWith("№ 37, Failed, HTTP 422: emulate:refuse a lighthouse")`, true)
	keep(t, page, "emulator-sixty")
	for _, scheme := range []string{"dark", "light"} {
		must(t, page.prefer(scheme))
		for _, selector := range []string{
			".counts .failed .name", ".counts .failed .count", ".counts .queued .count", ".counts [aria-current] .name",
			"#sheet .failed .mark", "#sheet .number", ".cards .state", ".cards h3 a", ".cards .prompt", ".code-line", ".link", ".setup p",
		} {
			ratio, err := ask[float64](page, contrastOf(selector))
			must(t, err)
			if ratio < 4.5 {
				t.Errorf("%s has a contrast of %.2f in %s", selector, ratio, scheme)
			}
		}
	}
	// It is among what a phone shows first.
	must(t, page.resize(390, 844))
	same(t, page, `document.querySelector("#sheet a.failed").getBoundingClientRect().bottom < 844`, true)
	must(t, page.resize(1280, 900))
	same(t, page, `document.querySelector("#sheet li:last-child").getBoundingClientRect().bottom < 900`, true)

	// Its tile leads to all that is known of it.
	must(t, chromedp.Do(page.ctx, chromedp.Click(chromedp.CSS("#sheet a.failed"))))
	same(t, page, "location.hash", "#request-37")
	same(t, page, card(failed)+`.matches(":target")`, true)
	same(t, page, `getComputedStyle(`+card(failed)+`.querySelector(".parameters")).display !== "none"`, true)
	same(t, page, `Math.abs(`+card(failed)+`.getBoundingClientRect().top) < 200`, true)

	// The filter is an address: it survives what comes, and a new look.
	follow(t, page, ".counts .failed a")
	await(t, page, `location.search === "?state=failed" && document.querySelector("#link").dataset.state === "live" && document.querySelectorAll("#cards > li").length === 1`)
	same(t, page, `document.querySelector("#cards > li").dataset.id`, failed)
	same(t, page, `document.querySelector("[aria-current=page]").innerText.replace(/\s+/g, " ")`, "Failed 1")
	same(t, page, "document.title", "Failed requests · fal, emulated")
	e.submit(t, map[string]any{"prompt": "another lighthouse", "image_size": "square"})
	await(t, page, `document.querySelector("#count-total").innerText === "61"`)
	same(t, page, `document.querySelectorAll("#cards > li").length`, 1)
	another := e.submit(t, map[string]any{"prompt": "emulate:refuse this, too"})
	await(t, page, card(another)+`?.dataset.state === "failed"`)
	same(t, page, `[...document.querySelectorAll("#cards > li")].map((item) => item.dataset.seq).join()`, "62,37")
	keep(t, page, "emulator-failed-of-sixty")
}

// A request leaves the filter that it no longer fits.
func TestPageLetsGo(t *testing.T) {
	t.Parallel()
	e := startEmulator(t, "-listen", anyPort, "-queue-time", "0s", "-run-time", "0s", "-faults",
		faultFile(t, `[{"route": "submit", "prompt": "long", "job": {"stuck": "IN_PROGRESS"}}]`))
	page := newTab(t)
	must(t, page.visit(e.url+"/?state=running"))
	await(t, page, `!document.querySelector("#empty").hidden`)
	id := e.submit(t, map[string]any{"prompt": "a long exposure"})
	await(t, page, card(id)+`?.dataset.state === "running"`)
	e.do(t, http.MethodPut, model+"/requests/"+id+"/cancel", nil)
	await(t, page, `document.querySelectorAll("#cards > li").length === 0`)
	same(t, page, `document.querySelector("#none").hidden`, false)
	same(t, page, `document.querySelector("#count-cancelled").innerText`, "1")
}

// Without JavaScript the links filter all the same.
func TestPageWorksWithoutJavaScript(t *testing.T) {
	t.Parallel()
	e := startEmulator(t, "-listen", anyPort, "-queue-time", "0s", "-run-time", "0s")
	submitSixty(t, e)
	page := newTab(t)
	must(t, page.withoutScripts())
	must(t, page.visit(e.url))
	all, err := ask[string](page, `document.querySelector("main").innerText`)
	must(t, err)
	if got := strings.Count(all, "№ "); got != 60 {
		t.Errorf("%d requests are shown, want 60", got)
	}
	keepPicture(t, page, "emulator-sixty-without-javascript-phone", 390)
	follow(t, page, ".counts .failed a")
	only, err := ask[string](page, `document.querySelector("main").innerText`)
	must(t, err)
	if strings.Count(only, "№ ") != 1 || !strings.Contains(only, "№ 37") || !strings.Contains(only, "HTTP 422") {
		t.Errorf("the filter shows %s", only)
	}
}

func TestPageOutlivesTheEmulator(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := startEmulator(t, "-listen", anyPort, "-dir", folder, "-queue-time", "0s", "-run-time", "0s")
	page := newTab(t)
	must(t, page.visit(first.url))
	id := first.submit(t, map[string]any{"prompt": "a cat", "image_size": "square"})
	await(t, page, card(id)+`?.querySelector("img")`)
	first.stop()
	await(t, page, `document.querySelector("#link").dataset.state === "lost"`)

	second := startEmulator(t, "-listen", strings.TrimPrefix(first.url, "http://"), "-dir", folder, "-queue-time", "0s", "-run-time", "0s")
	await(t, page, `document.querySelector("#link").dataset.state === "live"`)
	other := second.submit(t, map[string]any{"prompt": "a dog", "image_size": "square"})
	await(t, page, card(other)+`?.dataset.state === "completed"`)
	same(t, page, card(id)+".dataset.state", "completed")
}
