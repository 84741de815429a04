// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// maxEntry is the largest size of an entry, in bytes. They have a few hundred.
const maxEntry = 64 << 10

var (
	errTorn       = errors.New("the first line has no end")
	errUnreadable = errors.New("this is not an entry of the journal that can be read")
)

// Origin is where a submission goes.
type Origin struct {
	// URL is the base URL of the queue, or of the API for direct calls.
	URL string `json:"url"`
	// Kind tells the platform from an emulator of it: "fal" or "emulator".
	Kind string `json:"kind"`
}

// Request is what is asked of whom. Two equal ones would be paid for twice.
type Request struct {
	EndpointID string `json:"endpoint_id"`
	Origin     Origin `json:"origin"`
	// InputSHA256 is the hash of the input, in lower-case hexadecimal digits.
	InputSHA256 string `json:"input_sha256"`
}

// Submission is the sending of a request.
type Submission struct {
	// Time is when it was about to be sent, by the clock of the machine.
	Time time.Time `json:"time"`
	Request
	// Workspace names the state that the request is for, as far as it can be told.
	Workspace string `json:"workspace"`
	// Run tells the runs of one machine apart, as the id of the engine's process
	// does. 0 is unknown.
	Run int `json:"run,omitempty"`
}

// Holder says who holds an entry.
type Holder int

// The holders of an entry.
const (
	Nobody Holder = iota
	ThisStore
	SomebodyElse
)

// Entry is what the journal knows of a submission.
type Entry struct {
	Submission
	// RequestID is empty until it is known.
	RequestID string
	// Abandoned says that a run stopped to wait for the request.
	Abandoned bool
	// Returned says that the run gave the request to its engine, to keep in a state.
	Returned bool
	// InState says that a state has shown the request, and InStateOf which run saw
	// it last. The entry stays for a while, in case that the state is lost.
	InState   bool
	InStateOf int
	// Path is the file, which the user may delete.
	Path string
	// Holder is who held the entry when it was read.
	Holder Holder
}

// EngineIsRunning reports whether the engine of the run that made the entry is running, on
// this machine.
func (e Entry) EngineIsRunning() bool { return e.Run > 0 && processExists(e.Run) }

// note is a line after the first.
type note struct {
	RequestID string `json:"request_id,omitempty"`
	Abandoned bool   `json:"abandoned,omitempty"`
	Returned  bool   `json:"returned,omitempty"`
	InState   bool   `json:"in_state,omitempty"`
	Run       int    `json:"run,omitempty"`
}

// encode makes a line.
func encode(line any) ([]byte, error) {
	content, err := json.Marshal(line)
	return append(content, '\n'), err
}

// parse reads an entry, and says how many bytes its whole lines take. A line
// that follows the first and makes no sense is passed over: with the first
// alone, the request is still looked for before anybody pays again.
func parse(content []byte) (entry Entry, size int, err error) {
	if len(content) > maxEntry {
		return Entry{}, 0, errUnreadable
	}
	line, rest, whole := bytes.Cut(content, []byte("\n"))
	if !whole {
		return Entry{}, 0, errTorn
	}
	if err := json.Unmarshal(line, &entry.Submission); err != nil || !entry.complete() {
		return Entry{}, 0, errUnreadable
	}
	for {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		if !whole {
			return entry, len(content) - len(rest), nil
		}
		var n note
		if err := json.Unmarshal(line, &n); err == nil {
			if entry.RequestID == "" {
				entry.RequestID = n.RequestID
			}
			entry.Abandoned = entry.Abandoned || n.Abandoned
			entry.Returned = entry.Returned || n.Returned
			if n.InState {
				entry.InState, entry.InStateOf = true, n.Run
			}
		}
		rest = after
	}
}

func (s Submission) complete() bool {
	sum, err := hex.DecodeString(s.InputSHA256)
	return err == nil && len(sum) == 32 && s.InputSHA256 == strings.ToLower(s.InputSHA256) &&
		!s.Time.IsZero() && s.EndpointID != "" && s.Origin.URL != "" && s.Origin.Kind != ""
}

// The name of an entry's file is TIME-HASH-RANDOM.jsonl: they sort by age.
const (
	timeFormat   = "20060102T150405.000000000Z"
	hashLength   = 16
	randomLength = 8
	ending       = ".jsonl"
)

// hashInName is the part of a hash that is in the name of the file.
func hashInName(sha256 string) string { return sha256[:min(hashLength, len(sha256))] }

func newName(s Submission) string {
	return s.Time.Format(timeFormat) + "-" + hashInName(s.InputSHA256) + "-" + rand.Text()[:randomLength] + ending
}

// parseName returns the part of the hash that is in the name of an entry's
// file. Other names, such as those that file managers give to copies, are none
// of the journal's.
func parseName(name string) (hash string, ok bool) {
	stem, ok := strings.CutSuffix(name, ending)
	time, rest, _ := strings.Cut(stem, "-")
	hash, random, _ := strings.Cut(rest, "-")
	return hash, ok && len(time) == len(timeFormat) && len(hash) == hashLength && len(random) == randomLength
}
