// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"sync"
	"time"
)

// fetchedFor is how long what a URL has brought serves others: those of one apply,
// and not whoever wants to see what it brings now.
const fetchedFor = 60 * time.Second

// fetchedURLs has an image fetched once, however many files it is for.
type fetchedURLs struct {
	mutex sync.Mutex
	of    map[string]*fetching
}

// fetching is one fetch of a URL.
type fetching struct {
	done chan struct{}
	// sha256 is of what came, empty if nothing did, and at is when that was.
	sha256 string
	at     time.Time
}

// begin returns the hash of what another has just fetched, after waiting for it.
// Else the caller is to fetch, and to call end with what came of it.
func (f *fetchedURLs) begin(ctx context.Context, url string, now func() time.Time) (sha256 string, end func(sha256 string), err error) {
	for {
		f.mutex.Lock()
		current := f.of[url]
		if current == nil {
			mine := &fetching{done: make(chan struct{})}
			if f.of == nil {
				f.of = make(map[string]*fetching)
			}
			f.of[url] = mine
			f.mutex.Unlock()
			return "", func(sha256 string) { f.end(url, mine, sha256, now()) }, nil
		}
		f.mutex.Unlock()
		select {
		case <-current.done:
		case <-ctx.Done():
			return "", nil, ctx.Err()
		}
		if current.sha256 != "" && now().Sub(current.at) < fetchedFor {
			return current.sha256, func(string) {}, nil
		}
		f.forget(url, current)
	}
}

func (f *fetchedURLs) end(url string, mine *fetching, sha256 string, now time.Time) {
	mine.sha256, mine.at = sha256, now
	close(mine.done)
	if sha256 == "" {
		f.forget(url, mine)
	}
}

func (f *fetchedURLs) forget(url string, old *fetching) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.of[url] == old {
		delete(f.of, url)
	}
}
