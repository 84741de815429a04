// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The key can be a part of a configured URL. Then it is sent there, and neither
// logged nor said nor kept.
func TestTheKeyInAConfiguredURL(t *testing.T) {
	t.Parallel()
	const oddSecret = `s"e\c&r=e+t<é>`
	id, secret, _ := strings.Cut(testKey, ":")
	for name, part := range map[string]string{"key": testKey, "secret": secret, "id": id, "odd secret": oddSecret} {
		var fake *fakeFal
		asked := 0
		fake = newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			asked++
			if !strings.HasPrefix(r.URL.Path, "/"+part+"/") {
				t.Errorf("%s: %s was asked for", name, r.URL.Path)
			}
			switch {
			case r.Method == http.MethodPost:
				reply(w, 200, strings.ReplaceAll(ticket(fake.URL), "/queue/", "/"+inJSON(part, false)+"/queue/"))
			case isStream(r):
				stream(w, event("COMPLETED"))
			case isStatus(r):
				reply(w, 404, `{"status":"NOT_FOUND"}`)
			default:
				http.Redirect(w, r, "https://elsewhere.invalid"+r.URL.EscapedPath(), http.StatusFound)
			}
		})
		base := fake.URL + (&url.URL{Path: "/" + part}).EscapedPath()
		logs := &logLines{}
		c := client(t, base, withClock(streamClock()), func(o *Options) {
			o.Logger = logs
			if name == "odd secret" {
				o.Key = id + ":" + oddSecret
			}
		})
		handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		kept, marshalErr := json.Marshal(handle)
		if err != nil || marshalErr != nil {
			t.Fatal(err, marshalErr)
		}
		_, waitErr := c.Wait(t.Context(), handle, nil)
		_, statusErr := c.Status(t.Context(), attach(t, c), true)
		_, resultErr := c.Result(t.Context(), handle)
		_, cancelErr := c.Cancel(t.Context(), handle)
		fake.Close()
		_, goneErr := c.Result(t.Context(), handle)
		if waitErr != nil || statusErr == nil || resultErr == nil || goneErr == nil || asked < 5 {
			t.Errorf("%s: waiting ended with %v, a status with %v, a result with %v and %v, after %d calls", name, waitErr, statusErr, resultErr, goneErr, asked)
		}
		said := fmt.Sprintf("%s %v %+v %v %+v %v %+v %v %v", kept, statusErr, statusErr, resultErr, resultErr, goneErr, goneErr, cancelErr, logs.all())
		for _, form := range formsOf(part) {
			if strings.Contains(said, form) {
				t.Errorf("%s: %q is in %s", name, form, said)
			}
		}
	}
}

// A handle that comes back is taken as far as it leads to fal.
func TestRestore(t *testing.T) {
	t.Parallel()
	c := client(t, "https://fal.example")
	rebuilt := attach(t, c)
	position := int64(3)
	moved := "https://fal.example/queue/elsewhere/requests/x"
	got, err := c.Restore(t.Context(), Handle{
		EndpointID: testEndpoint, RequestID: testID, QueuePosition: &position, SubmittedAt: noon,
		StatusURL: moved, ResponseURL: "https://evil.example/x",
	})
	if err != nil || got.StatusURL != moved || got.ResponseURL != rebuilt.ResponseURL || got.CancelURL != rebuilt.CancelURL ||
		got.QueuePosition != &position || !got.SubmittedAt.Equal(noon) || got.EndpointID != testEndpoint || got.RequestID != testID {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []Handle{{}, {EndpointID: testEndpoint}, {EndpointID: testEndpoint, RequestID: "../x"}, {EndpointID: "x", RequestID: testID}} {
		if got, err := c.Restore(t.Context(), bad); err == nil || got != (Handle{}) {
			t.Errorf("%+v became %+v", bad, got)
		}
		for name, use := range following(t.Context(), c, bad) {
			if use() == nil {
				t.Errorf("%s of %+v", name, bad)
			}
		}
	}
}

// The ids are enough, as in a state from which the URLs are gone.
func TestHandlesWithoutURLs(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, `{"status":"COMPLETED"}`) })
	c := client(t, fake.URL, withClock(streamClock()))
	rebuilt := attach(t, c)
	for _, handle := range []Handle{
		{EndpointID: testEndpoint, RequestID: testID},
		{EndpointID: testEndpoint, RequestID: testID, StatusURL: rebuilt.StatusURL, ResponseURL: rebuilt.ResponseURL},
		{EndpointID: testEndpoint, RequestID: testID, CancelURL: rebuilt.CancelURL, ResponseURL: rebuilt.ResponseURL},
		{EndpointID: testEndpoint, RequestID: testID, CancelURL: rebuilt.CancelURL, StatusURL: rebuilt.StatusURL},
	} {
		for name, use := range following(t.Context(), c, handle) {
			if err := use(); err != nil {
				t.Errorf("%s of %+v: %v", name, handle, err)
			}
		}
	}
	paths := map[string]bool{}
	for _, r := range fake.got() {
		paths[r.path] = true
	}
	base := "/queue/" + testEndpoint + "/requests/" + testID
	if len(paths) != 4 || !paths[base] || !paths[base+"/status"] || !paths[base+"/status/stream"] || !paths[base+"/cancel"] {
		t.Errorf("asked for %v", paths)
	}
}
