// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"net/http"
	"testing"
)

// completedResult is what fal answers for one image.
const completedResult = `{"images":[{"url":"https://v3b.fal.media/files/b/1/a.png","content_type":"image/png","file_name":"a.png",` +
	`"file_size":1234567,"width":1024,"height":768}],"timings":{"inference":1.25},"seed":3405691582,` +
	`"has_nsfw_concepts":[false],"prompt":"a lighthouse at dusk"}`

// What these allocate includes the server, which is in the same process.

func BenchmarkWait_stream(b *testing.B) {
	benchmarkWait(b, func(w http.ResponseWriter, _ *http.Request, _ int) {
		stream(w, event("IN_QUEUE"), event("IN_PROGRESS"), event("COMPLETED"))
	})
}

// Here there is no stream, and every third status is the last one.
func BenchmarkWait_polling(b *testing.B) {
	benchmarkWait(b, func(w http.ResponseWriter, r *http.Request, number int) {
		switch {
		case isStream(r):
			reply(w, http.StatusNotFound, `{"detail":"Not Found"}`)
		case number%3 == 0:
			reply(w, http.StatusOK, `{"status":"COMPLETED","logs":null}`)
		default:
			reply(w, http.StatusAccepted, `{"status":"IN_PROGRESS","logs":null}`)
		}
	})
}

func benchmarkWait(b *testing.B, handler func(http.ResponseWriter, *http.Request, int)) {
	b.Helper()

	fake := newFakeFal(b, handler)
	clock := streamClock()
	c := client(b, fake.URL, withClock(clock))
	handle := attach(b, c)
	b.ReportAllocs()
	for b.Loop() {
		clock.forgetSleeps()
		status, err := c.Wait(b.Context(), handle, nil)
		if err != nil || status.State != Completed {
			b.Fatalf("Wait: %v, %v", status, err)
		}
	}
}

func BenchmarkResult(b *testing.B) {
	fake := newFakeFal(b, func(w http.ResponseWriter, _ *http.Request, _ int) {
		reply(w, http.StatusOK, completedResult)
	})
	c := client(b, fake.URL)
	handle := attach(b, c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Result(b.Context(), handle); err != nil {
			b.Fatal(err)
		}
	}
}
