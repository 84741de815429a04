// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// mediaFile is a file of the media host.
type mediaFile struct {
	job   *job
	index int
}

// index makes a job's pictures known to the media host.
func (s *Server) index(j *job) {
	for i, p := range j.pictures {
		s.media[p.name] = mediaFile{job: j, index: i}
	}
}

// lifecycle is what a request asks for its files.
type lifecycle struct {
	// given says that the request overrides the account's setting.
	given bool
	// lifetime is 0 for ever.
	lifetime time.Duration
	// access is allow, forbid or hide, for others than the owner.
	access string
}

func parseLifecycle(header http.Header) lifecycle {
	var wish struct {
		Seconds *float64 `json:"expiration_duration_seconds"`
		ACL     struct {
			Default string `json:"default"`
		} `json:"initial_acl"`
	}
	text := header.Get("X-Fal-Object-Lifecycle-Preference")
	if text == "" || json.Unmarshal([]byte(text), &wish) != nil {
		return lifecycle{}
	}
	life := lifecycle{given: true, access: wish.ACL.Default}
	if wish.Seconds != nil && *wish.Seconds > 0 {
		life.lifetime = time.Duration(*wish.Seconds * float64(time.Second))
	}
	return life
}

// mediaGone reports whether a job's files have been deleted. The lock must be
// held.
func (s *Server) mediaGone(j *job) bool {
	lifetime := s.mediaLifetime
	if j.life.given {
		lifetime = j.life.lifetime
	}
	expired := lifetime > 0 && !s.clock.Now().Before(j.EndedAt.Add(lifetime))
	return j.Phase != completed || j.Failure != nil || j.MediaExpired || j.PayloadsDeleted && !j.MediaKept || expired
}

func (s *Server) serveMedia(c *call) reply {
	_, problem := s.authenticate(c.Header.Get("Authorization"))
	s.mu.Lock()
	s.settle()
	file, found := s.media[c.id]
	missing := !found || file.job.input.SyncMode || s.mediaGone(file.job)
	s.unlock()
	notFound := reply{
		status: http.StatusNotFound,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		body:   []byte("Not Found"),
	}
	if missing {
		return notFound
	}
	if problem != "" {
		switch file.job.life.access {
		case "hide":
			return notFound
		case "forbid":
			return reply{
				status: http.StatusForbidden,
				header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
				body:   []byte("Forbidden"),
			}
		}
	}
	p := file.job.pictures[file.index]
	r := reply{status: http.StatusOK, header: http.Header{
		"Content-Type":                {p.contentType()},
		"Access-Control-Allow-Origin": {"*"},
	}}
	if c.Method == http.MethodHead {
		// Asking whether a picture is there shouldn't cost painting it.
		if length, _ := s.gallery.size(p, s.painting == PaintAhead); length > 0 {
			r.header.Set("Content-Length", strconv.FormatInt(length, 10))
		}
		return r
	}
	content, err := s.gallery.content(p)
	if err != nil {
		return detail(http.StatusInternalServerError, "The picture could not be painted: "+err.Error())
	}
	r.body = content
	return r
}
