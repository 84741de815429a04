// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/google/renameio/v2/maybe"
	"golang.org/x/sync/singleflight"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator/painter"
)

// cacheLimit bounds the pictures that are kept in memory, in bytes. Those that
// don't fit are painted again, which gives the same bytes.
const cacheLimit = 128 << 20

// picture is a picture that can be painted at any time.
type picture struct {
	// name is its path on the media host.
	name   string
	format string
	// black says that the safety checker has replaced it.
	black bool
	scene painter.Scene
}

func (p picture) contentType() string { return "image/" + p.format }

// gallery paints pictures, on demand or ahead, and keeps their bytes: on disk
// if it has a directory, in memory as far as there is room.
type gallery struct {
	painter   Painter
	directory string
	flight    singleflight.Group

	mu      sync.Mutex
	closed  bool
	cache   map[string][]byte
	cached  []string
	used    int
	sizes   map[string]int64
	pending []picture
	workers int
	idle    sync.WaitGroup
}

func newGallery(paint Painter, directory string) *gallery {
	g := &gallery{painter: paint, cache: map[string][]byte{}, sizes: map[string]int64{}}
	if directory != "" {
		g.directory = filepath.Join(directory, "media")
	}
	return g
}

// content returns a picture's bytes, and paints it if need be.
func (g *gallery) content(p picture) ([]byte, error) {
	g.mu.Lock()
	content, found := g.cache[p.name]
	g.mu.Unlock()
	if found {
		return content, nil
	}
	loaded, err, _ := g.flight.Do(p.name, func() (any, error) { return g.load(p) })
	if err != nil {
		return nil, err
	}
	content, _ = loaded.([]byte)
	return content, nil
}

func (g *gallery) load(p picture) ([]byte, error) {
	file := g.file(p)
	if file != "" {
		content, err := fs.ReadFile(os.DirFS(g.directory), p.name)
		if err == nil {
			g.keep(p, content)
			return content, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	content, err := g.paint(p)
	if err != nil {
		return nil, err
	}
	if file != "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			return nil, err
		}
		if err := maybe.WriteFile(file, content, 0o644); err != nil {
			return nil, err
		}
	}
	g.keep(p, content)
	return content, nil
}

func (g *gallery) paint(p picture) ([]byte, error) {
	paint := g.painter
	if p.black {
		paint = painter.Black
	}
	var content bytes.Buffer
	err := painter.Encode(&content, paint(p.scene), p.format)
	return content.Bytes(), err
}

func (g *gallery) file(p picture) string {
	if g.directory == "" {
		return ""
	}
	return filepath.Join(g.directory, filepath.FromSlash(p.name))
}

func (g *gallery) keep(p picture, content []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sizes[p.name] = int64(len(content))
	if _, found := g.cache[p.name]; found {
		return
	}
	g.cache[p.name] = content
	g.cached = append(g.cached, p.name)
	g.used += len(content)
	for g.used > cacheLimit && len(g.cached) > 1 {
		g.drop(g.cached[0])
	}
}

// drop forgets the bytes of a picture; the lock must be held.
func (g *gallery) drop(name string) {
	for i, cached := range g.cached {
		if cached == name {
			g.cached = append(g.cached[:i], g.cached[i+1:]...)
			g.used -= len(g.cache[name])
			delete(g.cache, name)
			return
		}
	}
}

// size returns the length of a picture in bytes. If it isn't painted yet, it
// waits for that or returns 0.
func (g *gallery) size(p picture, wait bool) (int64, error) {
	g.mu.Lock()
	length, found := g.sizes[p.name]
	g.mu.Unlock()
	if found || !wait {
		return length, nil
	}
	content, err := g.content(p)
	return int64(len(content)), err
}

// remove deletes a picture for good.
func (g *gallery) remove(p picture) error {
	g.mu.Lock()
	g.drop(p.name)
	delete(g.sizes, p.name)
	g.mu.Unlock()
	file := g.file(p)
	if file == "" {
		return nil
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// paintInBackground has pictures painted, on all processors but one.
func (g *gallery) paintInBackground(pictures []picture) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	g.pending = append(g.pending, pictures...)
	for g.workers < max(1, runtime.GOMAXPROCS(0)-1) && g.workers < len(g.pending) {
		g.workers++
		g.idle.Go(g.paintPending)
	}
}

func (g *gallery) paintPending() {
	for {
		g.mu.Lock()
		if len(g.pending) == 0 {
			g.workers--
			g.mu.Unlock()
			return
		}
		next := g.pending[0]
		g.pending = g.pending[1:]
		g.mu.Unlock()
		// Who fetches the picture later sees what went wrong.
		_, _ = g.content(next)
	}
}

func (g *gallery) close() {
	g.mu.Lock()
	g.closed = true
	g.pending = nil
	g.mu.Unlock()
	g.idle.Wait()
}
