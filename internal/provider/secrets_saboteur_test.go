// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// saboteur stands between a provider and an emulator. What becomes of an answer
// is in the name of the endpoint: that of "page/result" is a page in place of a
// result, and all that comes before the result is carried out. Whatever the
// saboteur says itself repeats the key.
type saboteur struct {
	*httptest.Server
	env *acctest.Environment
	// echoes are the ways in which the key is repeated, one after the other.
	echoes []string
	// elsewhere is where redirects lead.
	elsewhere string

	mutex sync.Mutex
	met   map[failure]int
}

// sabotages spoil answers. All but "repeats" make the operation fail, some of
// them only for a while.
var sabotages = map[string]func(s *saboteur, w http.ResponseWriter, r *http.Request, echo string){
	"unauthorized": answers(http.StatusUnauthorized, `{"detail":%s}`),
	"locked":       answers(http.StatusForbidden, `{"detail":"User is locked. Reason: %.0s"}`+"\n"),
	"forbidden":    answers(http.StatusForbidden, `{"error":{"type":"authorization_error","message":%s}}`),
	"missing":      answers(http.StatusNotFound, `{"detail":%s}`),
	"invalid":      answers(http.StatusUnprocessableEntity, `{"detail":[{"loc":["body","prompt",%[1]s],"msg":%[1]s,"type":%[1]s}]}`),
	"limited":      answers(http.StatusTooManyRequests, `{"detail":%s}`),
	"broken":       answers(http.StatusInternalServerError, `{"error":"Error","message":%s,"error_type":"internal_error"}`),
	"refused":      answers(http.StatusBadRequest, `{"detail":{"message":%[1]s,"type":%[1]s}}`),
	"cut off":      answers(http.StatusOK, `{"detail":%s,`),
	"gateway":      says(http.StatusBadGateway, "text/plain", "no upstream for "),
	"page":         says(http.StatusOK, "text/html", "<p>Hello "),
	"reset":        (*saboteur).reset,
	"lost":         (*saboteur).lose,
	"truncated":    (*saboteur).truncate,
	"found":        leads(http.StatusFound, func(s *saboteur, echo string) string { return s.elsewhere + "/?" + url.QueryEscape(echo) }),
	"temporary":    leads(http.StatusTemporaryRedirect, func(s *saboteur, _ string) string { return s.elsewhere }),
	"circle":       leads(http.StatusFound, func(s *saboteur, echo string) string { return s.URL + "/queue/circle/status?" + url.QueryEscape(echo) }),
	"scheme": leads(http.StatusMovedPermanently, func(s *saboteur, echo string) string {
		return "ftp://" + strings.TrimPrefix(s.elsewhere, "http://") + "/" + url.PathEscape(echo)
	}),
	"malformed": leads(http.StatusSeeOther, func(_ *saboteur, echo string) string { return "http://[" + url.QueryEscape(echo) }),
}

// repeats is a success in which the key is everywhere.
const repeats = "repeats"

// newSaboteur starts one before the emulator.
func newSaboteur(t *testing.T, env *acctest.Environment, key, elsewhere string) *saboteur {
	t.Helper()

	id, secret, _ := strings.Cut(key, ":")
	made := &saboteur{env: env, elsewhere: elsewhere, met: make(map[failure]int), echoes: []string{
		"I got " + key + ".",
		"I got Key " + key + ".",
		"Whose secret is " + secret + "?",
		"Nobody is called " + id + ".",
		`You sent {"authorization":"Key ` + asJSON(key) + `"}.`,
		"See https://example.com/?key=" + url.QueryEscape(key) + ".",
		"See https://example.com/" + url.PathEscape(id) + "/" + url.PathEscape(secret) + "/.",
		"You sent " + base64.StdEncoding.EncodeToString([]byte("Key "+key)) + ".",
		"You sent " + base64.StdEncoding.EncodeToString([]byte(key)) + ".",
	}}
	made.Server = httptest.NewServer(made)
	t.Cleanup(made.Close)
	return made
}

// ServeHTTP carries a request out unless its endpoint says otherwise.
func (s *saboteur) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	at, operation := s.aim(r, body)
	spoil := sabotages[at.sabotage]
	switch {
	case operation == "history" && at.target == "submit":
		// A submission that was lost is looked for; this is the end of it.
		spoil = sabotages["forbidden"]
	case operation != targets[at.target]:
		spoil = nil
	case at.sabotage == repeats:
		spoil = (*saboteur).repeat
	}
	if spoil == nil {
		s.env.Emulator.ServeHTTP(w, r)
		return
	}
	count, echo := s.meet(at)
	if at.target == "status" && at.sabotage != repeats && count > 8 {
		// A wait goes on for as long as it may.
		s.env.Emulator.ServeHTTP(w, r)
		return
	}
	if r.Header.Get("Authorization") == "" {
		// Who doesn't get the key can't repeat it.
		echo = "I know nothing."
	}
	w.Header().Set("X-Fal-Error-Type", echo)
	w.Header().Set("X-Fal-Request-Timeout-Type", echo)
	w.Header().Set("X-Fal-Request-Id", echo)
	w.Header().Set("Content-Type", "application/json")
	spoil(s, w, r, echo)
}

// meet counts, and chooses the next way to repeat the key.
func (s *saboteur) meet(what failure) (int, string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	total := 0
	for _, count := range s.met {
		total += count
	}
	s.met[what]++
	return s.met[what], s.echoes[total%len(s.echoes)]
}

// failures counts those that were met.
func (s *saboteur) failures() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.met)
}

// times counts how often a failure was met.
func (s *saboteur) times(what failure) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.met[what]
}

// aim reads from a request what is to become of it, which is the name of its
// endpoint, and the operation that it is.
func (s *saboteur) aim(r *http.Request, body []byte) (failure, string) {
	area, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	endpoint, operation := rest, "result"
	switch {
	case area == "run":
		operation = "run"
	case area == "media":
		operation = "download"
	case area == "platform":
		endpoint, operation = s.aimPlatform(r, body, rest)
	case r.Method == http.MethodPost:
		operation = "submit"
	case r.Method == http.MethodPut:
		operation = "cancel"
	case strings.HasSuffix(rest, "/status"), strings.HasSuffix(rest, "/stream"):
		operation = "status"
	}
	parts := append(strings.Split(endpoint, "/"), "", "")
	return failure{strings.ReplaceAll(parts[0], "-", " "), parts[1]}, operation
}

func (s *saboteur) aimPlatform(r *http.Request, body []byte, path string) (endpoint, operation string) {
	endpoint = r.URL.Query().Get("endpoint_id")
	switch {
	case r.Method == http.MethodDelete:
		id := strings.Split(path, "/")[3]
		request, _ := s.env.Emulator.Request(id)
		return request.EndpointID, "delete"
	case r.Method == http.MethodPost:
		var question struct{ Endpoints map[string]any }
		_ = json.Unmarshal(body, &question)
		for name := range question.Endpoints {
			endpoint = name
		}
		return endpoint, "estimate"
	case strings.HasSuffix(path, "/billing-events"):
		return endpoint, "billing"
	case strings.HasSuffix(path, "/pricing"):
		return endpoint, "pricing"
	}
	return endpoint, "history"
}

// answers is a sabotage with a body of JSON.
func answers(status int, format string) func(*saboteur, http.ResponseWriter, *http.Request, string) {
	return func(_ *saboteur, w http.ResponseWriter, _ *http.Request, echo string) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, format, `"`+asJSON(echo)+`"`)
	}
}

// says is a sabotage with a body of another type.
func says(status int, kind, text string) func(*saboteur, http.ResponseWriter, *http.Request, string) {
	return func(_ *saboteur, w http.ResponseWriter, _ *http.Request, echo string) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text+echo)
	}
}

// leads is a sabotage that redirects.
func leads(status int, where func(*saboteur, string) string) func(*saboteur, http.ResponseWriter, *http.Request, string) {
	return func(s *saboteur, w http.ResponseWriter, _ *http.Request, echo string) {
		w.Header().Set("Location", where(s, echo))
		w.WriteHeader(status)
	}
}

// reset ends the connection without an answer.
func (s *saboteur) reset(w http.ResponseWriter, _ *http.Request, _ string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// lose carries a request out and ends the connection.
func (s *saboteur) lose(w http.ResponseWriter, r *http.Request, echo string) {
	s.env.Emulator.ServeHTTP(httptest.NewRecorder(), r)
	s.reset(w, r, echo)
}

// truncate sends half an answer.
func (s *saboteur) truncate(w http.ResponseWriter, r *http.Request, echo string) {
	carriedOut := httptest.NewRecorder()
	s.env.Emulator.ServeHTTP(carriedOut, r)
	body := append([]byte(asJSON(echo)), carriedOut.Body.Bytes()...)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body[:len(body)/2])
	panic(http.ErrAbortHandler)
}

// repeat carries a request out and writes the key into each text of the answer,
// and into the end of each URL.
func (s *saboteur) repeat(w http.ResponseWriter, r *http.Request, echo string) {
	carriedOut := httptest.NewRecorder()
	s.env.Emulator.ServeHTTP(carriedOut, r)
	w.Header().Set("X-Fal-Billable-Units", carriedOut.Header().Get("X-Fal-Billable-Units"))
	w.Header().Set("Content-Type", carriedOut.Header().Get("Content-Type"))
	w.WriteHeader(carriedOut.Code)
	frame, isFrame := strings.CutPrefix(carriedOut.Body.String(), "data: ")
	if isFrame {
		frame, _, _ = strings.Cut(frame, "\n")
	}
	var said any
	decoder := json.NewDecoder(strings.NewReader(frame))
	decoder.UseNumber()
	if err := decoder.Decode(&said); err != nil {
		panic(err)
	}
	spoilt, err := json.Marshal(withEcho(said, echo))
	if err != nil {
		panic(err)
	}
	if isFrame {
		spoilt = append(append([]byte("data: "), spoilt...), "\n\n"...)
	}
	_, _ = w.Write(spoilt)
}

// withEcho adds an echo to every text for which there is room.
func withEcho(value any, echo string) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			switch name {
			case "status", "request_id", "endpoint_id", "sent_at", "started_at", "ended_at", "next_cursor":
			case "timings":
				value[name] = map[string]any{"inference": 1, echo: 2}
			case "exception":
				value[name] = echo
			case "logs":
				value[name] = []any{map[string]any{"timestamp": echo, "level": echo, "message": echo}}
			default:
				value[name] = withEcho(member, echo)
			}
		}
	case []any:
		for i := range value {
			value[i] = withEcho(value[i], echo)
		}
	case string:
		if strings.HasPrefix(value, "http") {
			return value + "?key=" + url.QueryEscape(echo)
		}
		return value + " " + echo
	}
	return value
}
