// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"net/http"
	"os"
	"path/filepath"
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
	}{{"desk", "light", 1280}, {"desk-dark", "dark", 1280}, {"phone", "light", 400}, {"phone-dark", "dark", 400}} {
		must(t, page.resize(view.width, 900))
		must(t, page.prefer(view.scheme))
		must(t, page.photograph(filepath.Join(folder, name+"-"+view.name+".png")))
		same(t, page, "document.documentElement.scrollWidth", int(view.width))
		same(t, page, `[...document.querySelectorAll(".card, .text")].every((box) => box.scrollWidth <= box.clientWidth)`, true)
	}
	must(t, page.resize(1280, 900))
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
