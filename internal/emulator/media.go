// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
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
	if missing {
		return plain(http.StatusNotFound)
	}
	if problem != "" {
		switch file.job.life.access {
		case "hide":
			return plain(http.StatusNotFound)
		case "forbid":
			return plain(http.StatusForbidden)
		}
	}
	p := file.job.pictures[file.index]
	r := reply{status: http.StatusOK, header: http.Header{
		"Content-Type":                {p.contentType()},
		"Access-Control-Allow-Origin": {"*"},
		"Accept-Ranges":               {"bytes"},
		"Alt-Svc":                     {`h3=":443"; ma=2592000`},
		"Via":                         {"2.0 Caddy, 1.1 Caddy"},
		"X-Fal-Backend-Id":            {strings.ReplaceAll(s.backend, "-", "")},
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
	if c.Header.Get("Range") == "" {
		return r
	}
	return r.rangeOf(c.Request)
}

// rangeOf is the part of an answer that a request wants: 206 or, if there is no
// such part, 416.
func (r reply) rangeOf(request *http.Request) reply {
	part := partWriter{reply{header: r.header}}
	http.ServeContent(&part, request, "", time.Time{}, bytes.NewReader(r.body))
	return part.reply
}

// partWriter collects what is written to it.
type partWriter struct{ reply }

func (w *partWriter) Header() http.Header { return w.header }

func (w *partWriter) WriteHeader(status int) { w.status = status }

func (w *partWriter) Write(content []byte) (int, error) {
	w.body = append(w.body, content...)
	return len(content), nil
}
