// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package releasetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// gitHub takes one release, as the real one does: a draft, its files, and then the
// word that it is published.
type gitHub struct {
	url   string
	mutex sync.Mutex

	token, tag, notes string
	assets            map[string][]byte
	published         bool
}

type gitHubRelease struct {
	ID    int64   `json:"id"`
	Tag   string  `json:"tag_name"`
	Body  *string `json:"body"`
	Draft *bool   `json:"draft"`
}

func startGitHub(t *testing.T) *gitHub {
	t.Helper()

	g := &gitHub{assets: make(map[string][]byte)}
	const releases = "/repos/flux2-provider/terraform-provider-flux2/releases"
	routes := http.NewServeMux()
	routes.HandleFunc("POST /api/v3"+releases, g.draft)
	routes.HandleFunc("PATCH /api/v3"+releases+"/1", g.publish)
	routes.HandleFunc("POST /api/uploads"+releases+"/1/assets", g.upload)
	routes.HandleFunc("GET /api/v3/rate_limit", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"resources": map[string]any{"core": map[string]int{"limit": 5000, "remaining": 5000}}})
	})
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

func (g *gitHub) draft(w http.ResponseWriter, r *http.Request) {
	var release gitHubRelease
	if err := json.NewDecoder(r.Body).Decode(&release); err != nil || release.Draft == nil || !*release.Draft || release.Body == nil {
		answer(w, http.StatusUnprocessableEntity, "not a draft with notes")
		return
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.token, g.tag, g.notes = r.Header.Get("Authorization"), release.Tag, *release.Body
	release.ID = 1
	answer(w, http.StatusCreated, release)
}

func (g *gitHub) upload(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	name := r.URL.Query().Get("name")
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if err != nil || g.published || g.assets[name] != nil {
		answer(w, http.StatusUnprocessableEntity, "cut short, too late or twice: "+name)
		return
	}
	g.assets[name] = content
	answer(w, http.StatusCreated, map[string]any{"id": len(g.assets), "name": name})
}

func (g *gitHub) publish(w http.ResponseWriter, r *http.Request) {
	var release gitHubRelease
	if err := json.NewDecoder(r.Body).Decode(&release); err != nil || release.Draft == nil {
		answer(w, http.StatusUnprocessableEntity, "nothing to publish")
		return
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.published = !*release.Draft
	answer(w, http.StatusOK, gitHubRelease{ID: 1, Tag: g.tag})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
