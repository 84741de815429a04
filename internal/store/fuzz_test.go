// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"bytes"
	"encoding/json"
	"testing"
)

// Whatever is in a file: what is read is whole, and what is torn changes
// nothing.
func FuzzParse(f *testing.F) {
	first, err := encode(submission())
	if err != nil {
		f.Fatal(err)
	}
	for _, rest := range []string{"", "\n", "\x00", `{"request_id":"r-1"}`, `{"request_id":"r-1"}` + "\n", `{"request_id":"r-1"}` + "\n" + `{"abandoned":true}` + "\n", "null\n[]\n"} {
		f.Add(append(bytes.Clone(first), rest...))
	}
	f.Add([]byte(""))
	f.Add([]byte("null\n"))
	f.Add([]byte(`{"time":"0001-01-01T00:00:00Z"}` + "\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		entry, size, err := parse(content)
		if err != nil {
			if entry != (Entry{}) || size != 0 {
				t.Errorf("%v, but %+v, %d bytes", err, entry, size)
			}
			return
		}
		if size == 0 || size > len(content) || content[size-1] != '\n' || bytes.ContainsRune(content[size:], '\n') {
			t.Errorf("%d of %d bytes are whole lines", size, len(content))
		}
		if again, whole, err := parse(content[:size]); again != entry || whole != size || err != nil {
			t.Errorf("without what is torn: %+v, want %+v", again, entry)
		}
		if !entry.complete() {
			t.Errorf("incomplete: %+v", entry)
		}
		// What was read can be written, and says the same.
		line, err := json.Marshal(entry.Submission)
		if err != nil {
			t.Fatal(err)
		}
		if again, _, err := parse(append(line, '\n')); err != nil || !again.Time.Equal(entry.Time) || again.Request != entry.Request || again.Workspace != entry.Workspace {
			t.Errorf("%+v became %+v, %v", entry.Submission, again.Submission, err)
		}
	})
}

// Whatever is in a note: it names a path and a hash that is one, or is nothing,
// and what was read can be written and says the same.
func FuzzParsePlace(f *testing.F) {
	f.Add([]byte(`{"path":"/gallery/heron.png","sha256":"` + hash("a heron") + `","object":"a","owner":"default","origin":"fal","run":1,"adopted":true,"time":"2026-11-26T05:30:00Z"}` + "\n"))
	for _, content := range []string{"", "null", "[]", `{"path":4}`, `{"path":"a","sha256":"../.."}`, `{"path":"a","time":"2026-11-26T05:30:00+01:00"}`} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		place := parsePlace(content)
		if place == (Place{}) {
			return
		}
		if !place.complete() {
			t.Errorf("incomplete: %+v", place)
		}
		line, err := encode(place)
		if err != nil {
			t.Fatal(err)
		}
		again := parsePlace(line)
		if len(line) > maxPlace { // written otherwise, it can be longer
			return
		}
		if !again.Time.Equal(place.Time) {
			t.Errorf("%v became %v", place.Time, again.Time)
		}
		if again.Time = place.Time; again != place {
			t.Errorf("%+v became %+v", place, again)
		}
	})
}
