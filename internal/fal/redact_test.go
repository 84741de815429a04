// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// awkwardKey is of characters that everything writes differently.
const awkwardKey = `key"id\<e>n&t%41'$1/;=?~#:s"ec:re\t<&>%3A'${x}:+/=,@{[`

// echoesOf are texts that repeat a word in every way that is looked for.
func echoesOf(word string) map[string]string {
	return map[string]string{
		"as it is":       "Key " + word + ".",
		"Go":             fmt.Sprintf("%q", word),
		"JSON for pages": inJSON(word, true),
		"JSON":           inJSON(word, false),
		"a query":        "?key=" + url.QueryEscape(word),
		"a path":         "/" + url.PathEscape(word) + "/",
		"a URL's path":   "https://example.com" + (&url.URL{Path: "/" + word + "/x"}).EscapedPath(),
	}
}

func TestRedactorKnowsEveryForm(t *testing.T) {
	t.Parallel()

	for _, key := range []string{"0b2c7a5e-acc7-4e57-b3a1-0123456789ab:5ec7e75ec7e75ec7e75ec7e75ec7e700", awkwardKey} {
		id, secret, _ := strings.Cut(key, ":")
		redact := newRedactor(key, shortestInAnswer)
		for _, word := range []string{key, id, secret} {
			echoes := echoesOf(word)
			if word == key {
				echoes["base64"] = base64.StdEncoding.EncodeToString([]byte(key))
				echoes["base64 of the header"] = base64.StdEncoding.EncodeToString([]byte("Key " + key))
			}
			for name, text := range echoes {
				clean := redact.text(text)
				if !strings.Contains(clean, redacted) || strings.Contains(clean, word) || len(clean) > len(text)-len(word)+2*len(redacted)+10 {
					t.Errorf("%s: %q became %q", name, text, clean)
				}
				// And as a member, a name and an element of an answer.
				body, err := json.Marshal(map[string]any{"detail": text, text: 1, "list": []string{"x\\", text}})
				if err != nil {
					t.Fatal(err)
				}
				want, err := json.Marshal(map[string]any{"detail": clean, clean: 1, "list": []string{"x\\", clean}})
				if err != nil {
					t.Fatal(err)
				}
				if got := redact.answer(body); !sameMembers(got, want) {
					t.Errorf("%s: %s became %s, want %s", name, body, got, want)
				}
			}
		}
	}
}

// What is taken out is taken out whole: none of a form is left because a shorter
// one begins like it.
func TestRedactorLeavesNoEnds(t *testing.T) {
	t.Parallel()

	for _, word := range []string{`some-secret%`, `some-secret\`, `some-secret&`, awkwardKey, "a+b:c+d"} {
		redact := newRedactor(word, shortestInText)
		for _, form := range formsOf(word) {
			if got := redact.text(form); got != redacted {
				t.Errorf("%q became %q", form, got)
			}
		}
	}
}

// In an answer the key counts as what a string says, wherever it stands; what
// is no JSON is text.
func TestRedactorInAnswersOfEveryShape(t *testing.T) {
	t.Parallel()

	redact := newRedactor("identifier-1:very-secret-2", shortestInAnswer)
	const escaped = `\u0076ery-secret-2`
	for body, want := range map[string]string{
		`very-secret-2`:                        `[redacted]`,
		`it \ very-secret-2`:                   `it \ [redacted]`,
		`"very-secret-2"`:                      `"[redacted]"`,
		`["very-secret-2"]`:                    `["[redacted]"]`,
		`["` + escaped + `"]`:                  `["[redacted]"]`,
		`{"a":"` + escaped + `"}`:              `{"a":"[redacted]"}`,
		`{"` + escaped + `":{"b":["a",true]}}`: `{"[redacted]":{"b":["a",true]}}`,
		// Nobody can read these, but they may be shown.
		`["a""` + escaped + `"]`:         `["a""[redacted]"]`,
		`{"a":"\u00zz very-secret-2"}`:   `{"a":"\u00zz [redacted]"}`,
		`{"a":"very-secret-2`:            `{"a":"[redacted]`,
		`{"a":"` + escaped + `","b":"c\`: `{"a":"[redacted]","b":"c\`,
	} {
		if got := string(redact.answer([]byte(body))); got != want {
			t.Errorf("%s became %s, want %s", body, got, want)
		}
	}
}

// Short halves are left alone where they may be anything.
func TestRedactorLeavesShortWords(t *testing.T) {
	t.Parallel()

	for _, test := range []struct {
		key      string
		shortest int
		text     string
		want     string
	}{
		{"a:b", shortestInText, "a:b", "a:b"},
		{"a:bc", shortestInText, "a:bc", redacted},
		{"abc:wxyz", shortestInText, "abc and wxyz", "abc and " + redacted},
		{"eleven-char:twelve-chars", shortestInAnswer, "eleven-char and twelve-chars", "eleven-char and " + redacted},
		{"id:eleven-char", shortestInText, "ELEVEN-CHAR", "ELEVEN-CHAR"},
	} {
		if got := newRedactor(test.key, test.shortest).text(test.text); got != test.want {
			t.Errorf("with the key %s, %q became %q, want %q", test.key, test.text, got, test.want)
		}
	}
}

func sameMembers(a, b []byte) bool {
	var one, other map[string]any
	return json.Unmarshal(a, &one) == nil && json.Unmarshal(b, &other) == nil && reflect.DeepEqual(one, other)
}

// Answers without the key are the same byte by byte: what they hold is paid for.
func TestRedactorLeavesTheRest(t *testing.T) {
	t.Parallel()

	redact := newRedactor("flux:emulator", shortestInAnswer)
	for _, body := range []string{
		``, `{}`, `[]`, `plain`, `{"a":"\u003cb\u003e \\ \" \/"}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\\n\"}", `{"a":"cut off\`, `{"a":"cut off\"`, `{"a":`,
		`{"images":[{"url":"http://emulator:8787/media/flux.png"}],"seed":9007199254740993}`,
		`{"url":"data:image/png;base64,` + strings.Repeat("Zmx1eGVtdWxhdG9y", 1000) + `"}`,
	} {
		if got := redact.answer([]byte(body)); !bytes.Equal(got, []byte(body)) {
			t.Errorf("%.100q became %.100q", body, got)
		}
	}
	if got := string(redact.answer([]byte(`{"a":"flux:emulator"}`))); got != `{"a":"[redacted]"}` {
		t.Errorf("the whole key stays in %s", got)
	}
	if got := newRedactor("", shortestInText).text("nothing to hide"); got != "nothing to hide" {
		t.Errorf("without a key: %q", got)
	}
}

// What fal answers well can repeat the key as well.
func TestAnswersComeWithoutTheKey(t *testing.T) {
	t.Parallel()

	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		echo := inJSON("I got "+awkwardKey, true)
		own := "http://" + r.Host + "/queue/" + testEndpoint
		switch {
		case r.Method == http.MethodDelete:
			reply(w, http.StatusOK, `{"cdn_delete_results":[{"link":"`+echo+`","exception":"`+echo+`"}]}`)
		case r.Method == http.MethodPost:
			reply(w, http.StatusOK, `{"request_id":"`+testID+`","status_url":"`+own+`?key=`+url.QueryEscape(awkwardKey)+`","response_url":"`+own+`/`+url.PathEscape(awkwardKey)+`","cancel_url":"`+own+`?x"}`)
		case strings.HasSuffix(r.URL.Path, "/pricing"):
			reply(w, http.StatusOK, `{"prices":[{"unit":"`+echo+`","currency":"`+echo+`"}]}`)
		case strings.HasSuffix(r.URL.Path, "/by-endpoint"):
			reply(w, http.StatusOK, `{"items":[{"request_id":"`+testID+`","endpoint_id":"`+echo+`","json_input":{"prompt":"`+echo+`"},"json_output":["`+echo+`"]}]}`)
		case strings.HasSuffix(r.URL.Path, "/status"):
			reply(w, http.StatusOK, `{"status":"COMPLETED","logs":[{"message":"`+echo+`","level":"`+echo+`","timestamp":"`+echo+`"}],"error":"`+echo+`","error_type":"`+echo+`"}`)
		default:
			w.Header().Set(headerRequestID, awkwardKey)
			reply(w, http.StatusOK, `{"images":[{"url":"https://example.com/?`+url.QueryEscape(awkwardKey)+`"}],"prompt":"`+echo+`"}`)
		}
	})
	logs := &logLines{}
	c := client(t, fake.URL, func(o *Options) { o.Key, o.Logger = awkwardKey, logs })
	handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if rebuilt := attach(t, c); handle.StatusURL != rebuilt.StatusURL || handle.ResponseURL != rebuilt.ResponseURL || !strings.HasSuffix(handle.CancelURL, "?x") {
		t.Errorf("handle %+v", handle)
	}
	status, statusErr := c.Status(t.Context(), handle, true)
	result, resultErr := c.Result(t.Context(), handle)
	prices, pricesErr := c.Pricing(t.Context(), testEndpoint)
	files, filesErr := c.DeletePayloads(t.Context(), testID)
	said := fmt.Sprint(handle, status, statusErr, string(result.Body), result.RequestID, resultErr, prices, pricesErr, *files[0].Exception, files[0].Link, filesErr, logs.all())
	for request, err := range c.Requests(t.Context(), RequestsQuery{EndpointID: testEndpoint}) {
		said += fmt.Sprint(request.EndpointID, string(request.Input), string(request.Output), err)
	}
	id, secret, _ := strings.Cut(awkwardKey, ":")
	for _, form := range append(formsOf(id), formsOf(secret)...) {
		if strings.Contains(said, form) {
			t.Errorf("%q is in %s", form, said)
		}
	}
	if got := strings.Count(said, redacted); got < 12 {
		t.Errorf("the key was taken out %d times of %s", got, said)
	}
	if got := fake.got()[0].header.Get("Authorization"); got != "Key "+awkwardKey {
		t.Errorf("fal was sent %q", got)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()

	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"localhost.": false, "localhost.evil.example": false, "a.localhost": false, "evil-localhost": false, "127.0.0.1.evil.example": false,
		"127.0.0.1.": false, "127.1": false, "2130706433": false, "0x7f000001": false, "0177.0.0.1": false, "0.0.0.0": false, "::": false,
		"127.0.0.1 ": false, "": false, "localho\u017ft": false, "10.0.0.1": false, "::ffff:10.0.0.1": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("%q: %t, want %t", host, got, want)
		}
	}
	for address, want := range map[string]bool{"localhost:80": true, "127.0.0.1:80": true, "[::1]:80": true, "fal.run:443": false, "192.0.2.1:80": false, "localhost": false} {
		control := controlOf(address)
		if (control != nil) != want {
			t.Errorf("that %s stays on this machine is seen to: %t, want %t", address, !want, want)
		}
		if want && (control("tcp", "127.0.0.1:80", nil) != nil || !errors.Is(control("tcp", "192.0.2.1:80", nil), errNotLoopback)) {
			t.Errorf("%s may lead elsewhere", address)
		}
	}
	for address, want := range map[string]bool{"127.0.0.1:80": true, "[::1]:80": true, "192.0.2.1:80": false, "[2001:db8::1]:80": false, "nowhere": false} {
		if err := stayLoopback("tcp", address, nil); (err == nil) != want {
			t.Errorf("dialling %s: %v", address, err)
		}
	}
}
