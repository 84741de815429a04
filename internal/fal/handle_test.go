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
