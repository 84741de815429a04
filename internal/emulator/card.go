// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// cardText is how many characters of a prompt, a body or an error the page
// shows. Each may be as long as a request body.
const cardText = 2000

// card is what the page shows of one request.
type card struct {
	ID         string    `json:"id"`
	Seq        int       `json:"seq"`
	EndpointID string    `json:"endpoint_id"`
	Direct     bool      `json:"direct"`
	State      cardState `json:"state"`
	// Position counts those ahead in the queue.
	Position int    `json:"position"`
	Prompt   string `json:"prompt"`
	// Seed is text, because a browser's numbers end at 53 bits. It is empty if
	// the input is invalid.
	Seed string `json:"seed"`
	// SeedChosen says that the input had none.
	SeedChosen bool        `json:"seed_chosen"`
	Parameters []parameter `json:"parameters"`
	// Width and Height are those of the pictures, there or to come; 0 if there
	// won't be any.
	Width    int           `json:"width"`
	Height   int           `json:"height"`
	Pictures []cardPicture `json:"pictures"`
	// Gone says that the pictures have expired or been deleted.
	Gone      bool         `json:"gone"`
	SentAt    time.Time    `json:"sent_at"`
	StartedAt time.Time    `json:"started_at,omitzero"`
	EndedAt   time.Time    `json:"ended_at,omitzero"`
	Failure   *cardFailure `json:"failure"`
	// Import is a block for Terraform; empty if there is nothing to import.
	Import string `json:"import"`
}

// cardState is a job's phase and, if it has ended, how.
type cardState string

const (
	stateQueued    cardState = "queued"
	stateRunning   cardState = "running"
	stateCompleted cardState = "completed"
	stateFailed    cardState = "failed"
	stateCancelled cardState = "cancelled"
)

func (j *job) state() cardState {
	switch {
	case j.Phase == inQueue:
		return stateQueued
	case j.Phase == inProgress:
		return stateRunning
	case j.statusCode() < http.StatusBadRequest:
		return stateCompleted
	case j.Failure.Type == "client_cancelled":
		return stateCancelled
	default:
		return stateFailed
	}
}

// parameter is an input by the name that it has in HCL and on fal's wire.
type parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Default says that the value is the model's default.
	Default bool `json:"default"`
}

type cardPicture struct {
	URL     string `json:"url"`
	Flagged bool   `json:"flagged"`
}

type cardFailure struct {
	Status int `json:"status"`
	// Type is fal's error_type; empty if it is the model that answered.
	Type  string   `json:"type"`
	Lines []string `json:"lines"`
}

// card describes a job; the lock must be held.
func (s *Server) card(j *job, m mark) card {
	c := card{
		ID: j.ID, Seq: j.Seq, EndpointID: clip(j.Endpoint.String()), Direct: j.Direct, State: j.state(),
		Position: m.position, Pictures: []cardPicture{},
		SentAt: j.SentAt, StartedAt: j.StartedAt, EndedAt: j.EndedAt,
	}
	if j.input == (flux2.Input{}) {
		c.Prompt = clip(j.prompt())
		c.Parameters = []parameter{{Name: "body", Value: clip(string(j.Body))}}
	} else {
		c.Prompt, c.Seed, c.SeedChosen = clip(j.input.Prompt), strconv.FormatInt(j.Seed, 10), j.input.Seed == nil
		c.Parameters = parameters(j)
	}
	if len(j.pictures) > 0 {
		c.Width, c.Height = j.pictures[0].scene.Width, j.pictures[0].scene.Height
	}
	switch {
	case j.Failure != nil:
		c.Failure = &cardFailure{Status: j.Failure.Status, Type: j.Failure.Type, Lines: errorLines(j.Failure)}
	case j.Phase == completed:
		c.Gone = m.gone
		for i, p := range j.pictures {
			c.Pictures = append(c.Pictures, cardPicture{URL: "/_/" + pagePictures + p.name, Flagged: j.flagged[i]})
		}
	}
	if s.importable(j) {
		c.Import = fmt.Sprintf("import {\n  to = flux2_image.NAME\n  id = \"%s/%s\"\n}", j.Endpoint, j.ID)
	}
	return c
}

// importable leaves out what has failed or will, and what nobody can look up.
// Endpoints that the model has need no escaping in HCL.
func (s *Server) importable(j *job) bool {
	return slices.Contains(s.endpoints, j.Endpoint.String()) && j.Failure == nil &&
		j.input != (flux2.Input{}) && (!j.Direct || j.storesOutput())
}

func parameters(j *job) []parameter {
	in, usual := j.input, flux2.NewInput("")
	size := in.ImageSize.Preset
	if d, ok := in.ImageSize.Dimensions(); ok {
		size = strings.TrimLeft(fmt.Sprintf("%s %d × %d", size, d.Width, d.Height), " ")
	}
	list := []parameter{
		{"image_size", size, in.ImageSize == usual.ImageSize},
		{"output_format", in.OutputFormat, in.OutputFormat == usual.OutputFormat},
		{"num_images", strconv.FormatInt(in.NumImages, 10), in.NumImages == usual.NumImages},
		{"num_inference_steps", strconv.FormatInt(in.NumInferenceSteps, 10), in.NumInferenceSteps == usual.NumInferenceSteps},
		{"guidance_scale", strconv.FormatFloat(in.GuidanceScale, 'f', -1, 64), in.GuidanceScale == usual.GuidanceScale},
		{"acceleration", in.Acceleration, in.Acceleration == usual.Acceleration},
		{"enable_prompt_expansion", strconv.FormatBool(in.EnablePromptExpansion), in.EnablePromptExpansion == usual.EnablePromptExpansion},
		{"enable_safety_checker", strconv.FormatBool(in.EnableSafetyChecker), in.EnableSafetyChecker == usual.EnableSafetyChecker},
		{"sync_mode", strconv.FormatBool(in.SyncMode), in.SyncMode == usual.SyncMode},
	}
	if j.low() {
		list = append(list, parameter{Name: "queue_priority", Value: "low"})
	}
	return list
}

// errorLines words a failure for a person: the entries of a validation error
// one by one, anything else as it is.
func errorLines(f *failure) []string {
	if f.Type != "" {
		return []string{clip(f.Text)}
	}
	var body struct {
		Detail json.RawMessage `json:"detail"`
	}
	text := string(f.Body)
	if json.Unmarshal(f.Body, &body) == nil && body.Detail != nil {
		text = string(body.Detail)
	}
	var sentence string
	if json.Unmarshal(body.Detail, &sentence) == nil {
		return []string{clip(sentence)}
	}
	var problems []problem
	if json.Unmarshal(body.Detail, &problems) != nil || len(problems) == 0 {
		return []string{clip(text)}
	}
	const most = 20
	lines := make([]string, 0, most)
	for _, p := range problems[:min(most, len(problems))] {
		place := make([]string, len(p.Loc))
		for i, part := range p.Loc {
			place[i] = fmt.Sprint(part)
		}
		lines = append(lines, clip(strings.TrimLeft(strings.Join(place, ".")+": "+p.Msg, ": ")))
	}
	return lines
}

// clip cuts a text that is too long to read.
func clip(text string) string {
	count := 0
	for i := range text {
		if count == cardText {
			return text[:i] + "…"
		}
		count++
	}
	return text
}
