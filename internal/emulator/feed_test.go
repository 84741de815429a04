// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// news is what an open page would be told now; nil if it is nothing.
func news(t *testing.T, f *feed) *update {
	t.Helper()
	seen, changed := f.look()
	if changed == nil {
		t.Fatal("nothing to wait for")
	}
	return seen
}

// states lists the cards of an update as "number state position".
func states(u *update) string {
	if u == nil {
		return "nothing"
	}
	list := make([]string, len(u.Cards))
	for i, c := range u.Cards {
		list[i] = fmt.Sprintf("%d %s %d", c.Seq, c.State, c.Position)
	}
	return strings.Join(list, ", ")
}

func TestFeedTellsWhatHasChanged(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithRunTime(2*time.Second), WithRunners(1))
	page := &feed{server: f.Server}
	if first := news(t, page); first == nil || !first.Fresh || first.Cards == nil || len(first.Cards) > 0 || first.Limit != pageLimit {
		t.Fatalf("the first update is %+v", first)
	}
	f.submit(cat)
	second := f.submit(cat)
	last := f.submit(cat, "X-Fal-Queue-Priority", "low")
	step := func(want string, total counts) {
		t.Helper()
		seen := news(t, page)
		if got := states(seen); got != want {
			t.Errorf("after %s: %s, want %s", f.clock.Now().Sub(epoch), got, want)
		}
		if seen != nil && (seen.Fresh || seen.Counts != total || !seen.Now.Equal(f.clock.Now())) {
			t.Errorf("update %+v, want %+v", seen, total)
		}
	}
	step("1 queued 0, 2 queued 1, 3 queued 2", counts{Total: 3, Queued: 3})
	step("nothing", counts{})
	f.get(request(second) + "/status")
	step("nothing", counts{})
	f.clock.Advance(time.Second)
	step("1 running 0, 2 queued 0, 3 queued 1", counts{Total: 3, Queued: 2, Running: 1})
	f.clock.Advance(2 * time.Second)
	step("1 completed 0, 2 running 0, 3 queued 0", counts{Total: 3, Queued: 1, Running: 1, Completed: 1})
	f.do("PUT", request(last)+"/cancel", "")
	step("3 cancelled 0", counts{Total: 3, Running: 1, Completed: 1, Cancelled: 1})
	f.clock.Advance(2 * time.Second)
	step("2 completed 0", counts{Total: 3, Completed: 2, Cancelled: 1})
	if err := f.ExpireMedia(second); err != nil {
		t.Fatal(err)
	}
	step("2 completed 0", counts{Total: 3, Completed: 2, Cancelled: 1})
	step("nothing", counts{})
}

// A page of one state is told of what comes into it and of what leaves it.
func TestFeedOfOneState(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithRunTime(time.Second))
	page := &feed{server: f.Server, filter: stateRunning}
	step := func(want string, total counts) {
		t.Helper()
		if seen := news(t, page); states(seen) != want || seen != nil && seen.Counts != total {
			t.Errorf("after %s: %s %+v, want %s", f.clock.Now().Sub(epoch), states(seen), seen, want)
		}
	}
	f.submit(cat)
	step("", counts{Total: 1, Queued: 1})
	f.clock.Advance(time.Second)
	step("1 running 0", counts{Total: 1, Running: 1})
	step("nothing", counts{})
	f.clock.Advance(time.Second)
	step("1 completed 0", counts{Total: 1, Completed: 1})
	f.submit(cat)
	step("", counts{Total: 2, Queued: 1, Completed: 1})
	if len(page.sent) != 0 {
		t.Errorf("the feed remembers %d", len(page.sent))
	}
	// What is one of too many has not left.
	failed := &feed{server: f.Server, filter: stateFailed}
	for range pageLimit {
		f.submit(`{"prompt":"emulate:refuse"}`)
	}
	f.clock.Advance(2 * time.Second)
	if seen := news(t, failed); len(seen.Cards) != pageLimit {
		t.Errorf("%d cards", len(seen.Cards))
	}
	f.submit(`{"prompt":"emulate:refuse"}`)
	f.clock.Advance(2 * time.Second)
	if got := states(news(t, failed)); got != fmt.Sprintf("%d failed 0", pageLimit+3) {
		t.Errorf("then %s", got)
	}
}

func TestFeedIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const more = 50
	for range pageLimit + more {
		if _, err := f.SeedRequest(SeededRequest{Input: []byte(`{"prompt":"` + strings.Repeat("long ", cardText) + `"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	page := &feed{server: f.Server}
	all := news(t, page)
	if len(all.Cards) != pageLimit || all.Cards[0].Seq != more+1 || all.Counts.Total != pageLimit+more {
		t.Errorf("%d cards from %d, counts %+v", len(all.Cards), all.Cards[0].Seq, all.Counts)
	}
	if size, most := len(encode(all)), pageLimit*(cardText+2000); size > most {
		t.Errorf("the update has %d bytes, want %d at most", size, most)
	}
	f.submit(cat)
	if got := states(news(t, page)); got != fmt.Sprintf("%d completed 0", pageLimit+more+1) {
		t.Errorf("then %s", got)
	}
	if len(page.sent) != pageLimit {
		t.Errorf("the feed remembers %d", len(page.sent))
	}
}

func TestServeFeed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lines, ended := f.listen("/_/feed")
	if line := <-lines; line != "retry: 1000" || <-lines != "" {
		t.Errorf("it begins with %q", line)
	}
	if first := frame(t, lines); !strings.HasPrefix(first.text, `{"fresh":true,`) {
		t.Errorf("first %s", first.text)
	}
	// The page rests before it looks again, then waits for something to happen.
	f.clock.waitForTimers(1)
	prompt := `<script>alert("1")</script>`
	id := f.submit(`{"prompt":` + string(encode(prompt)) + `,"seed":9223372036854775807}`)
	f.clock.Advance(feedPause)
	var u struct {
		Cards []map[string]any `json:"cards"`
	}
	text := frame(t, lines).text
	if err := json.Unmarshal([]byte(text), &u); err != nil || len(u.Cards) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	for name, want := range map[string]any{
		"id": id, "state": "completed", "prompt": prompt, "seed": "9223372036854775807", "seed_chosen": false, "failure": nil,
		"import": "import {\n  to = flux2_image.NAME\n  id = \"fal-ai/flux-2-dev/" + id + "\"\n}",
	} {
		if got := u.Cards[0][name]; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	// Nothing more happens but for a sign of life.
	f.clock.waitForTimers(1)
	f.clock.Advance(feedPause)
	f.clock.waitForTimers(1)
	f.clock.Advance(keepAlive)
	if line := <-lines; line != ": ping" {
		t.Errorf("then %q", line)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ends with %v", err)
	}
	if open := f.LogOf(routePage); len(open) != 0 {
		t.Errorf("the log has %+v", open)
	}
}

func TestCard(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(
		Fault{Route: RouteSubmit, Prompt: "broken", Job: &JobFault{ErrorType: "runner_disconnected", Error: "gone"}},
		Fault{Route: RouteSubmit, Prompt: "odd", Job: &JobFault{Body: ptr("<p>odd</p>")}},
	))
	show := func(id string) card {
		t.Helper()
		for _, c := range news(t, &feed{server: f.Server}).Cards {
			if c.ID == id {
				return c
			}
		}
		t.Fatalf("%s isn't shown", id)
		return card{}
	}
	full := show(f.submit(`{"prompt":"cat","image_size":{"width":640,"height":512},"num_images":2,"guidance_scale":3.25}`, "X-Fal-Queue-Priority", "low"))
	if full.Width != 640 || full.Height != 512 || len(full.Pictures) != 2 || !full.SeedChosen || full.Seed == "" || full.Failure != nil {
		t.Errorf("card %+v", full)
	}
	for _, want := range []parameter{
		{"image_size", "640 × 512", false},
		{"num_images", "2", false},
		{"guidance_scale", "3.25", false},
		{"num_inference_steps", "28", true},
		{"queue_priority", "low", false},
	} {
		if !slices.Contains(full.Parameters, want) {
			t.Errorf("%+v is missing in %+v", want, full.Parameters)
		}
	}
	flagged := show(f.submit(`{"prompt":"emulate:nsfw"}`))
	if !flagged.Pictures[0].Flagged || flagged.Parameters[0] != (parameter{"image_size", "landscape_4_3 1024 × 768", true}) {
		t.Errorf("card %+v", flagged)
	}
	wrong := show(f.submit(`{"prompt":"nine","num_images":9}`))
	if wrong.State != stateFailed || wrong.Prompt != "nine" || wrong.Seed != "" || wrong.Import != "" || wrong.Width != 0 ||
		wrong.Parameters[0] != (parameter{"body", `{"prompt":"nine","num_images":9}`, false}) {
		t.Errorf("card %+v", wrong)
	}
	broken := show(f.submit(`{"prompt":"broken"}`))
	if broken.Import != "" || broken.Failure.Status != 503 || broken.Failure.Type != "runner_disconnected" || broken.Failure.Lines[0] != "gone" {
		t.Errorf("card %+v with %+v", broken, broken.Failure)
	}
	odd := show(f.submit(`{"prompt":"odd"}`))
	if odd.State != stateCompleted || odd.Failure.Lines[0] != "<p>odd</p>" || odd.Import != "" {
		t.Errorf("card %+v with %+v", odd, odd.Failure)
	}
	// Nobody can look up a direct call that fal doesn't keep.
	f.do("POST", direct, cat, "X-Fal-Store-IO", "0")
	f.do("POST", direct, cat)
	requests := f.Requests()
	unknown, known := show(requests[len(requests)-2].ID), show(requests[len(requests)-1].ID)
	if !known.Direct || known.Import == "" || unknown.Import != "" {
		t.Errorf("imports %q and %q", known.Import, unknown.Import)
	}
}

func TestErrorLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", cardText+1)
	for body, want := range map[string][]string{
		`{"detail":[{"loc":["body","prompt"],"msg":"Field required"},{"loc":["body",0],"msg":"No"}]}`: {"body.prompt: Field required", "body.0: No"},
		`{"detail":"Path /x not found"}`: {"Path /x not found"},
		`{"detail":[{"msg":"alone"}]}`:   {"alone"},
		`{"detail":{"a":1}}`:             {`{"a":1}`},
		`{"detail":[]}`:                  {`[]`},
		`{"error":"other"}`:              {`{"error":"other"}`},
		`<html>`:                         {"<html>"},
		``:                               {""},
		`{"detail":"` + long + `"}`:      {long[:2*cardText] + "…"},
		`{"detail":[` + strings.Repeat(`{"msg":"x"},`, 99) + `{}]}`: slices.Repeat([]string{"x"}, 20),
	} {
		if got := errorLines(&failure{Status: 422, Body: []byte(body)}); !slices.Equal(got, want) {
			t.Errorf("%.60s: %q, want %q", body, got, want)
		}
	}
}
