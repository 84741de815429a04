// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package recorded answers as fal has been recorded to, for tests: the emulator
// is what we think of fal, and these are shapes that fal was seen to send. Each
// file in testdata is one exchange, written with ids and texts of our own.
package recorded

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

//go:embed testdata/*.json
var exchanges embed.FS

// RequestID is the id of the request in every exchange.
const RequestID = "019e7a3c-52d1-7e08-b6f4-2c9d81a07e55"

// Names lists the exchanges.
func Names() []string {
	files, err := exchanges.ReadDir("testdata")
	if err != nil {
		panic(err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(file.Name(), ".json")
	}
	return names
}

// answer is what a call is answered with.
type answer struct {
	Status  int
	Headers map[string]string
	// Body is JSON, or text if it is a JSON string.
	Body json.RawMessage
	// Stream sends the body frame by frame, and Picture a picture in its place.
	Stream, Picture bool
	// Dated is how far the Date header is from now.
	Dated string
}

// exchange has the answers to each call, by its pattern for http.ServeMux: one
// after the other, and the last one again and again.
type exchange struct {
	// Like names the exchange that answers all other calls.
	Like    string
	Answers map[string][]answer
}

func read(name string) (map[string][]answer, error) {
	content, err := exchanges.ReadFile("testdata/" + name + ".json")
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	var found exchange
	if err := decoder.Decode(&found); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	answers := make(map[string][]answer)
	if found.Like != "" {
		if answers, err = read(found.Like); err != nil {
			return nil, err
		}
	}
	for pattern, list := range found.Answers {
		answers[pattern] = list
	}
	return answers, nil
}

// Call is a call that was made.
type Call struct {
	Method, Path string
	Header       http.Header
	Body         []byte
	// Status is what it was answered with.
	Status int
}

// Server replays exchanges. It ends with the test.
type Server struct {
	// URL is where it listens, on loopback: the queue below /queue, direct calls
	// below /run, and the platform below /platform/v1.
	URL string

	mutex sync.Mutex
	calls []Call
}

// Start replays some exchanges at once; what several answer, the last one does.
func Start(tb testing.TB, names ...string) *Server {
	tb.Helper()

	answers := make(map[string][]answer)
	for _, name := range names {
		found, err := read(name)
		if err != nil {
			tb.Fatal(err)
		}
		for pattern, list := range found {
			answers[pattern] = list
		}
	}
	server := &Server{}
	routes := http.NewServeMux()
	for pattern, list := range answers {
		next := 0
		routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			server.mutex.Lock()
			which := list[min(next, len(list)-1)]
			next++
			server.mutex.Unlock()
			if err := server.serve(w, r, which); err != nil {
				tb.Error(err)
			}
		})
	}
	routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		// Nothing is recorded of it: whoever asks learns nothing.
		_ = server.serve(w, r, answer{Status: 599})
	})
	listener := httptest.NewServer(routes)
	tb.Cleanup(listener.Close)
	server.URL = listener.URL
	return server
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, with answer) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil //nolint:nilerr // Who doesn't send all has left.
	}
	s.mutex.Lock()
	s.calls = append(s.calls, Call{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body, Status: with.Status})
	s.mutex.Unlock()

	w.Header().Set("Content-Type", "application/json")
	if with.Dated != "" {
		offset, err := time.ParseDuration(with.Dated)
		if err != nil {
			return err
		}
		w.Header().Set("Date", time.Now().Add(offset).UTC().Format(http.TimeFormat))
	}
	for name, value := range with.Headers {
		w.Header().Set(name, value)
	}
	content := s.content(with)
	w.WriteHeader(with.Status)
	if !with.Stream {
		_, _ = w.Write(content)
		return nil
	}
	for frame := range bytes.SplitAfterSeq(content, []byte("\n\n")) {
		_, _ = w.Write(frame)
		_ = http.NewResponseController(w).Flush()
	}
	return nil
}

func (s *Server) content(with answer) []byte {
	if with.Picture {
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 48))); err != nil {
			panic(err)
		}
		return picture.Bytes()
	}
	content := string(with.Body)
	if text := ""; json.Unmarshal(with.Body, &text) == nil {
		content = text
	}
	return []byte(strings.NewReplacer(
		"https://queue.fal.run", s.URL+"/queue",
		"https://v3b.fal.media", s.URL+"/media",
	).Replace(content))
}

// Calls lists the calls of a method whose path has some part, in their order.
func (s *Server) Calls(method, part string) []Call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var found []Call
	for _, call := range s.calls {
		if call.Method == method && strings.Contains(call.Path, part) {
			found = append(found, call)
		}
	}
	return found
}

// Accepted counts the submissions and direct calls that were accepted.
func (s *Server) Accepted() int {
	accepted := 0
	for _, call := range append(s.Calls(http.MethodPost, "/queue/"), s.Calls(http.MethodPost, "/run/")...) {
		if call.Status/100 == 2 {
			accepted++
		}
	}
	return accepted
}
