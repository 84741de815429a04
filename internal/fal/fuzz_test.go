// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tmaxmax/go-sse"
)

// FuzzError decodes error answers. Whatever a server says, the error is short,
// printable and without the key.
func FuzzError(f *testing.F) {
	for _, body := range []string{
		``, ` `, `{}`, `null`, `[]`, `"x"`, `{"detail":"x"}`, `{"detail":[{"loc":["body",0],"msg":"m","type":"t"}]}`, `{"detail":{"msg":"m"}}`,
		`{"error":{"type":"t","message":"m"}}`, `{"status":"NOT_FOUND"}`, `{"error":"Error","message":"m"}`, `<html>`, `{"detail":"` + testKey + `"}`,
		`{"detail":[[[[[[]]]]]]}`, "{\"detail\":\"\xff\"}", `{"detail":1e999}`,
	} {
		f.Add(422, body, "runner_disconnected", "user")
		f.Add(504, body, "", "")
		f.Add(200, body, testKey, "\x00")
	}
	c, err := New(Options{Key: testKey})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body, kind, timeout string) {
		from := &answer{status: status, header: http.Header{headerErrorType: {kind}, headerTimeoutType: {timeout}}, body: []byte(body)}
		failure := c.errorOf(call{operation: "result"}, from)
		text := failure.Error()
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || len(text) > 3*longestMessage {
			t.Errorf("text %q", text)
		}
		if id, secret, _ := strings.Cut(testKey, ":"); strings.Contains(text, secret) || strings.Contains(text, id) {
			t.Errorf("the key shows in %q", text)
		}
		if failure.Message == "" || len(failure.Fields) > mostFields {
			t.Errorf("got %+v", failure)
		}
		if jobFailed(from) && status < 400 {
			t.Errorf("a %d is a failed job", status)
		}
	})
}

// FuzzResult decodes results. What is passed on is a JSON object.
func FuzzResult(f *testing.F) {
	for _, body := range []string{``, `{}`, `{"images":[]}`, `{"detail":[{"msg":"x"}]}`, `{"detail":"x"}`, `[1]`, `{"a":NaN}`, `{"a":1,"a":2}`, `{"images":[`, "{\"a\":\"\xff\"}"} {
		f.Add(200, []byte(body), "1.5")
	}
	c, err := New(Options{Key: testKey})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, units string) {
		what := call{operation: "result", limit: smallBody}
		response := &http.Response{StatusCode: status, Header: http.Header{headerBillableUnits: {units}}, Body: io.NopCloser(strings.NewReader(string(body)))}
		read, err := what.read(response, newRedactor(testKey, shortestInAnswer))
		if err != nil {
			return
		}
		result, err := c.resultOf(what, read)
		if err != nil {
			return
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(result.Body, &object); err != nil || object == nil {
			t.Errorf("%q is no object: %v", result.Body, err)
		}
		if result.BillableUnits != nil && !(*result.BillableUnits >= 0) {
			t.Errorf("%v units", *result.BillableUnits)
		}
	})
}

// FuzzStatusStream listens to a stream of any bytes.
func FuzzStatusStream(f *testing.F) {
	for _, body := range []string{
		"", ": ping\n\n", "data: {\"status\":\"IN_QUEUE\",\"queue_position\":1}\n\n", "data: {\"status\":\"COMPLETED\"}\r\n\r\n", "data: {\ndata: \"status\":\"A\"}\n\n",
		"event: x\ndata\n\n", "\xef\xbb\xbfdata: {}\n\n", "data: {\"status\":\"A\xff\"}\n\n", "retry: 99999999999999999999\n\n", "id: \x00\n\n",
		"data: {\"status\":\"A\",\"logs\":[{\"message\":null}],\"queue_position\":1e400}\n\n",
	} {
		f.Add(body)
	}
	c, err := New(Options{Key: testKey})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		frames := sse.Read(&streamReader{body: strings.NewReader(body), heard: newLastHeard(systemClock{})}, &sse.ReadConfig{MaxEventSize: largestFrame})
		for event, err := range frames {
			if err != nil {
				return
			}
			status, err := c.decodeStatus([]byte(event.Data))
			if err != nil {
				continue
			}
			if status.State == "" || !utf8.ValidString(string(status.State)) || (status.QueuePosition != nil && *status.QueuePosition < 0) {
				t.Errorf("%q became %+v", event.Data, status)
			}
		}
	})
}

// FuzzRetryAfter reads the header in any form. The wait is bounded.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", "1", "-1", "1.5", "1e9", "NaN", "0x1p4", "Tue, 01 Sep 2026 12:00:30 GMT", "Tuesday, 01-Sep-26 12:00:30 GMT", "Tue Sep  1 12:00:30 2026", "99999999999999999999"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if wait := retryAfter(http.Header{"Retry-After": {value}}, noon); wait < 0 || wait > longestRetryAfter {
			t.Errorf("%q is %s", value, wait)
		}
	})
}

// FuzzSameInput compares inputs. Every object is the same as itself, however it
// is written.
func FuzzSameInput(f *testing.F) {
	for _, body := range []string{`{}`, testInput, `{"a":[1.50,-0,1e-7,{"b":null}]}`, `{"a":1e999999999999}`, `{"a":0.0e-999999999999999999999}`, `[]`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		object, ok := decodeObject(json.RawMessage(body))
		if SameInput(json.RawMessage(body), json.RawMessage(body)) != ok {
			t.Errorf("%q is not itself", body)
		}
		if !ok {
			return
		}
		again, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if !SameInput(json.RawMessage(body), again) || !SameInput(again, json.RawMessage(body)) {
			t.Errorf("%q is not %q", body, again)
		}
	})
}

// FuzzEndpointID reads ids. One that is accepted can't leave its place in a URL.
func FuzzEndpointID(f *testing.F) {
	for _, id := range []string{testEndpoint, "workflows/a/b/c", "a/..", "a/b?c", "a//b", "%2e/a", "a/b\n"} {
		f.Add(id)
	}
	c, err := New(Options{Key: testKey})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id string) {
		handle, err := c.Attach(id, testID)
		if err != nil {
			return
		}
		if _, err := c.Restore(t.Context(), handle); err != nil || !strings.HasPrefix(handle.StatusURL, DefaultQueueURL+"/") || strings.ContainsAny(handle.StatusURL[len("https://"):], "?#%: \\") {
			t.Errorf("%q became %q, %v", id, handle.StatusURL, err)
		}
	})
}

// FuzzRedactor takes the key out of answers, which stay JSON.
func FuzzRedactor(f *testing.F) {
	for _, body := range []string{``, `{"a":"` + testKey + `"}`, `{"a":"\u006bey-identifier"}`, `["\\","key-secret-part\""]`, `{"a":"key-secret-part`, "[\"\xff\\u00e9key-secret-part\"]"} {
		f.Add([]byte(body))
	}
	redact := newRedactor(testKey, shortestInAnswer)
	f.Fuzz(func(t *testing.T, body []byte) {
		clean := redact.answer(body)
		if json.Valid(body) && !json.Valid(clean) {
			t.Errorf("%q became %q", body, clean)
		}
		var before, after any
		if json.Unmarshal(body, &before) != nil || json.Unmarshal(clean, &after) != nil {
			return
		}
		for _, half := range strings.Split(testKey, ":") {
			if strings.Contains(fmt.Sprint(after), half) {
				t.Errorf("%q still has the key: %q", body, clean)
			}
		}
	})
}
