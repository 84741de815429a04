// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the journal adds to one submission: two lines that are synced, and the
// end of the entry.
func BenchmarkSubmission(b *testing.B) {
	for _, parallel := range []int{1, 10} {
		b.Run(fmt.Sprintf("parallel=%d", parallel), func(b *testing.B) {
			j := Open(b.TempDir()).Journal()
			b.SetParallelism(parallel)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					h, err := j.Begin(submission())
					if err != nil {
						b.Fatal(err)
					}
					if err := h.NoteRequestID("0199a7f4-3f0c-7000-8000-0123456789ab"); err != nil {
						b.Fatal(err)
					}
					if err := h.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// The looks at a folder with open entries of other inputs: what an entry begins
// with, what a refresh asks for each image, and a list.
func BenchmarkLook(b *testing.B) {
	for _, count := range []int{0, 10, 1000} {
		folder := b.TempDir()
		full := Open(folder).Journal()
		for i := range count {
			s := submission()
			s.Request = request(fmt.Sprint(i))
			h, err := full.Begin(s)
			if err != nil {
				b.Fatal(err)
			}
			if err := h.NoteRequestID(fmt.Sprint(i)); err != nil {
				b.Fatal(err)
			}
			if err := h.Release(); err != nil {
				b.Fatal(err)
			}
		}
		for name, look := range map[string]func(*Journal) error{
			"Take":         func(j *Journal) error { _, err := j.Take(request("a heron"), anyEntry); return err },
			"CloseRequest": func(j *Journal) error { return j.CloseRequest("r-1") },
			"Entries":      func(j *Journal) error { _, err := j.Entries(); return err },
		} {
			b.Run(fmt.Sprintf("%s/entries=%d", name, count), func(b *testing.B) {
				j := Open(folder).Journal()
				for b.Loop() {
					if err := look(j); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// A run that creates a thousand images, and the refresh of the next one, which
// finds them all in state. What is reported is for one image.
func BenchmarkThousand(b *testing.B) {
	const images, parallelism = 1000, 10
	each := func(b *testing.B, f func(i int) error) {
		b.Helper()
		work := make(chan int)
		var workers sync.WaitGroup
		for range parallelism {
			workers.Go(func() {
				for i := range work {
					if err := f(i); err != nil {
						b.Error(err)
					}
				}
			})
		}
		for i := range images {
			work <- i
		}
		close(work)
		workers.Wait()
	}
	var apply, refresh time.Duration
	for b.Loop() {
		folder := b.TempDir()
		start := time.Now()
		j := Open(folder).Journal()
		each(b, func(i int) error {
			s := submission()
			s.Request = request(fmt.Sprint(i))
			if h, err := j.Take(s.Request, anyEntry); h != nil || err != nil {
				return fmt.Errorf("took %v, %w", h, err)
			}
			h, err := j.Begin(s)
			if err != nil {
				return err
			}
			return h.NoteRequestID(fmt.Sprint("request ", i))
		})
		apply += time.Since(start)

		for _, h := range slices.Collect(maps.Values(j.held)) {
			if err := h.Release(); err != nil { // as the end of the process does
				b.Fatal(err)
			}
		}
		start = time.Now()
		j = Open(folder).Journal()
		each(b, func(i int) error { return j.CloseRequest(fmt.Sprint("request ", i)) })
		refresh += time.Since(start)
		if list, err := j.Entries(); len(list) > 0 || err != nil {
			b.Fatalf("%d entries are left, %v", len(list), err)
		}
	}
	b.ReportMetric(float64(apply.Microseconds())/float64(b.N*images), "apply-µs/image")
	b.ReportMetric(float64(refresh.Microseconds())/float64(b.N*images), "refresh-µs/image")
}

// A picture of a megabyte and a half into the store, and out of it.
func BenchmarkPictures(b *testing.B) {
	content := strings.Repeat("a picture of a heron", 75_000)
	s := Open(b.TempDir())
	for name, do := range map[string]func() error{
		"put": func() error {
			_, _, err := s.Pictures().Put(strings.NewReader(content))
			return err
		},
		"open": func() error {
			_, err := s.Pictures().Open(hash(content))
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			if _, _, err := s.Pictures().Put(strings.NewReader(content)); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The index with 5,000 paths.
func BenchmarkIndex(b *testing.B) {
	folder, root := b.TempDir(), b.TempDir()
	s := Open(folder)
	for n := range 5000 {
		p := Place{Path: Resolve(filepath.Join(root, fmt.Sprint(n))), SHA256: hash(fmt.Sprint(n)), Object: "a"}
		note, err := encode(p)
		for name, content := range map[string][]byte{markName(p): nil, pathName(p.Path): note, blobName(p.SHA256): []byte(fmt.Sprint(n))} {
			path := filepath.Join(folder, name)
			err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	path, now := filepath.Join(root, "4711"), time.Now().Add(standingFor)
	for name, do := range map[string]func() error{
		"at":       func() error { _, _, err := s.Index().At(path); return err },
		"take":     func() error { return s.Index().Take(Place{Path: path, SHA256: hash("4711"), Object: "a"}, nil) },
		"standing": func() error { _, err := s.Index().Standing(hash("4711")); return err },
		"tidy, with pictures that stand nowhere": func() error {
			now = now.Add(tidyEvery)
			return s.Pictures().Tidy(now)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
