// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"embed"
	"net/http"
	"strings"
)

// All that changes on the page comes through the feed. Without JavaScript it shows
// what there is.
//
//go:embed page/index.html page/page.css page/page.js page/icon.svg
var pageFiles embed.FS

// pageAsset is the file behind a path under /_/, and its type, empty if there is
// none. The types of the machine may be others.
func pageAsset(path string) (file, contentType string) {
	switch path {
	case "page.css":
		return "page/page.css", "text/css; charset=utf-8"
	case "page.js":
		return "page/page.js", "text/javascript; charset=utf-8"
	case "icon.svg":
		return "page/icon.svg", "image/svg+xml"
	default:
		return "", ""
	}
}

const (
	pageFeed     = "feed"
	pagePictures = "pictures/"
)

// pagePolicy keeps the page to what comes from the emulator itself. Prompts are
// shown as text only; this is for the day on which that fails.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// servePage shows a person what the emulator is doing. The page only looks on:
// its requests are neither logged nor met by faults.
func (s *Server) servePage(c *call) {
	header := c.w.Header()
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache")
	if c.Method != http.MethodGet && c.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(c.w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	if c.id == pageFeed {
		s.serveFeed(c)
		return
	}
	if name, found := strings.CutPrefix(c.id, pagePictures); found {
		s.servePagePicture(c, name)
		return
	}
	if c.id == "" {
		s.serveIndex(c)
		return
	}
	file, contentType := pageAsset(c.id)
	if file == "" {
		http.Error(c.w, "Not Found", http.StatusNotFound)
		return
	}
	content, err := pageFiles.ReadFile(file)
	if err != nil {
		http.Error(c.w, err.Error(), http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", contentType)
	// A browser that has left misses the rest.
	_, _ = c.w.Write(content)
}

// servePagePicture is the page's own door to a picture: it opens for pictures
// that only their owner may fetch, and for those that were delivered as data
// URIs and never were on the media host.
func (s *Server) servePagePicture(c *call, name string) {
	s.mu.Lock()
	s.settle()
	file, found := s.media[name]
	missing := !found || s.mediaGone(file.job)
	s.unlock()
	if missing {
		http.Error(c.w, "Not Found", http.StatusNotFound)
		return
	}
	p := file.job.pictures[file.index]
	content, err := s.gallery.content(p)
	if err != nil {
		http.Error(c.w, "The picture could not be painted: "+err.Error(), http.StatusInternalServerError)
		return
	}
	c.w.Header().Set("Content-Type", p.contentType())
	// A name belongs to one request, so its bytes never change.
	c.w.Header().Set("Cache-Control", "private, max-age=3600")
	_, _ = c.w.Write(content)
}
