// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// Words with a meaning in a prompt.
const (
	// MarkerRefuse has the model refuse the prompt as a violation of its
	// content policy.
	MarkerRefuse = "emulate:refuse"
	// MarkerNSFW has the safety checker, if it is enabled, flag every picture
	// and replace it by a black one.
	MarkerNSFW = "emulate:nsfw"
)

// phase is a job's status. fal has no other than these three.
type phase string

const (
	inQueue    phase = "IN_QUEUE"
	inProgress phase = "IN_PROGRESS"
	completed  phase = "COMPLETED"
)

// job is one request to the model. Its exported members are kept on disk.
type job struct {
	ID string
	// Seq is the order of acceptance.
	Seq int
	// Attempt changes each time that fal starts the job anew.
	Attempt  string
	Endpoint endpoint
	// App is the owner/alias that URLs name.
	App    string
	Direct bool
	// Seeded says that the job was there from the start rather than paid for.
	Seeded bool `json:",omitempty"`
	Body   []byte
	Header http.Header
	// Seed is the one that the model uses if the input has none.
	Seed      int64
	SentAt    time.Time
	QueueTime time.Duration
	RunTime   time.Duration
	Fault     JobFault

	Phase   phase
	ReadyAt time.Time
	// Reverts is how often the job has fallen back into the queue.
	Reverts   int
	StartedAt time.Time
	EndedAt   time.Time
	// CancelAt is when a cancellation is carried out, if one is to be.
	CancelAt time.Time `json:",omitzero"`
	// Failure is how the job ended; nil is with pictures.
	Failure *failure `json:",omitempty"`
	// Expired, MediaExpired and PayloadsDeleted say what is gone before its
	// time.
	Expired, MediaExpired, PayloadsDeleted bool
	// MediaKept says that the deletion left the files in place.
	MediaKept bool `json:",omitempty"`

	// What follows from the above, see Server.prepare.
	input    flux2.Input
	verdict  *failure
	pictures []picture
	flagged  []bool
	deadline time.Time
	life     lifecycle

	changed chan struct{}
}

// failure is an answer of the model or of fal's infrastructure in place of
// pictures.
type failure struct {
	Status int
	// Type and Text are fal's error_type and its text; both are empty if it is
	// the model that answers.
	Type, Text string `json:",omitempty"`
	// Deadline says that the caller's own deadline is the cause.
	Deadline bool `json:",omitempty"`
	// Body is the model's.
	Body        []byte `json:",omitempty"`
	ContentType string `json:",omitempty"`
}

// infrastructureStatus is the HTTP status that goes with an error type of fal's.
func infrastructureStatus(kind string) int {
	switch kind {
	case "request_timeout", "startup_timeout":
		return http.StatusGatewayTimeout
	case "runner_scheduling_failure", "runner_connection_timeout", "runner_connection_refused",
		"runner_connection_error", "runner_disconnected":
		return http.StatusServiceUnavailable
	case "runner_incomplete_response":
		return http.StatusBadGateway
	case "client_disconnected", "client_cancelled":
		return statusClientClosed
	case "bad_request":
		return http.StatusBadRequest
	case "concurrent_requests_limit":
		return http.StatusTooManyRequests
	default:
		// Among them runner_server_error and internal_error.
		return http.StatusInternalServerError
	}
}

// statusClientClosed has no name in net/http.
const statusClientClosed = 499

// broken is an error of fal's infrastructure; its text is made up if it is empty.
func broken(kind, text string) *failure {
	if text == "" {
		text = "The request failed: " + strings.ReplaceAll(kind, "_", " ")
	}
	return &failure{Status: infrastructureStatus(kind), Type: kind, Text: text}
}

func (f *failure) reply() reply {
	if f.Type != "" {
		r := answer(f.Status, map[string]any{"detail": f.Text, "error_type": f.Type}).
			with("X-Fal-Error-Type", f.Type)
		if f.Deadline {
			r.header.Set("X-Fal-Request-Timeout-Type", "user")
		}
		return r
	}
	contentType := f.ContentType
	if contentType == "" {
		contentType = "application/json"
	}
	return reply{status: f.Status, header: http.Header{"Content-Type": {contentType}}, body: f.Body}
}

// prompt is for display and for faults.
func (j *job) prompt() string { return promptOf(j.Body) }

func promptOf(body []byte) string {
	var input struct {
		Prompt string `json:"prompt"`
	}
	if json.Unmarshal(body, &input) != nil {
		return ""
	}
	return input.Prompt
}

func (j *job) touch() {
	close(j.changed)
	j.changed = make(chan struct{})
}

func (j *job) low() bool {
	return strings.EqualFold(j.Header.Get("X-Fal-Queue-Priority"), "low")
}

// stores reports whether fal keeps the payloads.
func (j *job) stores() bool {
	return j.Header.Get("X-Fal-Store-IO") != "0"
}

// storesOutput leaves out data URIs, which fal documents to be kept out of the
// history.
func (j *job) storesOutput() bool {
	return j.stores() && !j.input.SyncMode
}

// prepare derives from a job's input what will become of it.
func (s *Server) prepare(j *job) {
	j.changed = make(chan struct{})
	j.deadline = startDeadline(j.SentAt, j.Header)
	j.life = parseLifecycle(j.Header)
	style := cmp.Or(j.Fault.ErrorStyle, s.errorStyle)
	j.input, j.verdict = s.judge(j.Endpoint, j.Body, style)
	if j.verdict != nil {
		j.RunTime = 0
	} else {
		if j.input.Seed != nil {
			j.Seed = *j.input.Seed
		}
		if strings.Contains(j.input.Prompt, MarkerRefuse) {
			j.verdict = modelError(contentPolicyType, j.Body, style)
		}
	}
	if how := j.Fault.failure(j, style); how != nil {
		j.verdict = how
	}
	if j.verdict == nil {
		j.pictures, j.flagged = s.compose(j)
	}
}

// newJob is a job that begins now, unless its time of submission says
// otherwise. The lock must be held.
func (s *Server) newJob(e endpoint, body []byte, header http.Header, fault *JobFault) *job {
	s.jobCount++
	j := &job{
		ID:        newRequestID(s.clock.Now()),
		Seq:       s.jobCount,
		Attempt:   newID(),
		Endpoint:  e,
		App:       e.App,
		Body:      body,
		Header:    redact(header),
		Seed:      randomSeed(),
		SentAt:    s.clock.Now(),
		QueueTime: s.queueTime,
		RunTime:   s.runTime,
		Phase:     inQueue,
	}
	if other, ok := s.aliases[e.App]; ok {
		j.App = other
	}
	if fault == nil {
		fault = &s.everyJob
	}
	j.Fault = *fault
	if fault.QueueTime != nil {
		j.QueueTime = time.Duration(*fault.QueueTime)
	}
	if fault.RunTime != nil {
		j.RunTime = time.Duration(*fault.RunTime)
	}
	return j
}

// enter lets a job into the queue. The lock must be held.
func (s *Server) enter(j *job) {
	s.prepare(j)
	j.ReadyAt = j.SentAt.Add(j.QueueTime)
	s.jobs[j.ID] = j
	s.order = append(s.order, j)
	s.index(j)
	s.activate(j)
	s.changedJob(j)
}

// activate puts a job among the unfinished ones: in the order of submission,
// those of low priority behind all others.
func (s *Server) activate(j *job) {
	at := len(s.active)
	if !j.low() {
		if first := slices.IndexFunc(s.active, (*job).low); first >= 0 {
			at = first
		}
	}
	s.active = slices.Insert(s.active, at, j)
}

// changedJob marks a job as changed, for those who wait for it and for the
// disk. The lock must be held.
func (s *Server) changedJob(j *job) {
	j.touch()
	s.touch()
	if s.store != nil && !slices.Contains(s.dirty, j) {
		s.dirty = append(s.dirty, j)
	}
}

// newID is a random UUID of version 4.
func newID() string {
	return formatID(randomBytes(), 4)
}

// newRequestID is a UUID of version 7, as fal's are: it begins with the time in
// milliseconds.
func newRequestID(now time.Time) string {
	b := randomBytes()
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli())) //nolint:gosec // Times before 1970 are nobody's.
	copy(b[:6], ms[2:])
	return formatID(b, 7)
}

func randomBytes() [16]byte {
	var b [16]byte
	// crypto/rand ends the program rather than to return an error.
	_, _ = rand.Read(b[:])
	return b
}

func formatID(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	text := hex.EncodeToString(b[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s", text[:8], text[8:12], text[12:16], text[16:20], text[20:])
}

// randomSeed has 32 bits, as all seeds that fal has been seen to choose.
func randomSeed() int64 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return int64(binary.BigEndian.Uint32(b[:]))
}
