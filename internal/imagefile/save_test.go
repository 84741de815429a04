// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestSave_everyFormat(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"image/png", "image/jpeg", "image/webp"} {
		for _, declared := range []string{contentType, contentType + "; charset=binary", "application/octet-stream", "binary/octet-stream", ""} {
			t.Run(contentType+" as "+declared, func(t *testing.T) {
				t.Parallel()
				content := picture(t, contentType, 1)
				srv := newHost(t, serve(declared, content))
				c := client(t, Options{}, asPublic(t, srv))
				folder := t.TempDir()
				path := filepath.Join(folder, "picture")
				want := infoOf(content, contentType)
				info, err := c.Save(t.Context(), SaveRequest{URL: srv.URL, Path: path, ExpectedSHA256: strings.ToUpper(want.SHA256)})
				if err != nil {
					t.Fatal(err)
				}
				if info != want {
					t.Errorf("%+v, want %+v", info, want)
				}
				wantContent(t, path, content)
				wantListing(t, folder, "picture")
				if srv.count() != 1 {
					t.Errorf("%d calls", srv.count())
				}
			})
		}
	}
}

func TestSave_synonymsOfTypes(t *testing.T) {
	t.Parallel()
	for declared, actual := range map[string]string{"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "IMAGE/PNG": "image/png", "image/x-png": "image/png"} {
		uri := dataURI(declared, picture(t, actual, 1))
		if _, err := client(t, Options{}, asPublic(t)).Save(t.Context(), SaveRequest{URL: uri, Path: filepath.Join(t.TempDir(), "a")}); err != nil {
			t.Errorf("%s: %v", declared, err)
		}
	}
}

// refusals are answers after which the old file must be as it was.
func TestSave_refusals(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	zeroHash := strings.Repeat("0", 64)
	compressed := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		serve("image/png", content)(w, r)
	}
	chunked := func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		serve("image/png", content)(w, r)
	}
	tests := []struct {
		name    string
		answer  http.HandlerFunc
		request SaveRequest
		calls   int
		want    error
		text    []string
	}{
		{"404", status(404), SaveRequest{}, 1, ErrGone, []string{"404 Not Found", "expired"}},
		{"410", status(410), SaveRequest{}, 1, ErrGone, []string{"410 Gone", "expired"}},
		{"403", status(403), SaveRequest{}, 1, nil, []string{"403 Forbidden", "not public"}},
		{"400", status(400), SaveRequest{}, 1, nil, []string{"400"}},
		{"204", status(204), SaveRequest{}, 1, nil, []string{"204"}},
		{"206", status(206), SaveRequest{}, 1, nil, []string{"206"}},
		{"500", status(500), SaveRequest{}, 5, nil, []string{"500", "try again later"}},
		{"another image type", serve("image/jpeg", content), SaveRequest{}, 1, ErrContentTypeMismatch, []string{"image/jpeg", "image/png"}},
		{"an image declared as text", serve("text/plain", content), SaveRequest{}, 1, ErrContentTypeMismatch, []string{"text/plain", "image/png"}},
		{"an unknown image type", serve("image/gif", []byte("GIF89a..........")), SaveRequest{}, 1, ErrNotAnImage, []string{"image/gif"}},
		{"JSON", serve("application/json", []byte(`{"detail":"no"}`)), SaveRequest{}, 1, ErrNotAnImage, []string{"text/plain", "application/json"}},
		{"a page", serve("text/html", []byte("<html><body>sign in</body></html>")), SaveRequest{}, 5, ErrNotAnImage, []string{"text/html"}},
		{"a page declared as an image", serve("image/png", []byte("<!DOCTYPE html>")), SaveRequest{}, 5, ErrNotAnImage, []string{"text/html", "image/png"}},
		{"nothing", serve("image/png", nil), SaveRequest{}, 5, ErrNotAnImage, []string{"no content"}},
		{"an image's first bytes only", serve("image/png", content[:20]), SaveRequest{}, 1, ErrNotAnImage, []string{"header", "damaged"}},
		{"compressed", compressed, SaveRequest{}, 1, ErrNotAnImage, []string{"gzip"}},
		{"too large, as announced", serve("image/png", content), SaveRequest{MaxBytes: int64(len(content)) - 1}, 1, ErrTooLarge, []string{"more than the limit of"}},
		{"too large, unannounced", chunked, SaveRequest{MaxBytes: int64(len(content)) - 1}, 1, ErrTooLarge, []string{"limit"}},
		{"another hash", serve("image/png", content), SaveRequest{ExpectedSHA256: zeroHash}, 1, ErrHashMismatch, []string{zeroHash, infoOf(content, "").SHA256}},
		{"no hash at all", serve("image/png", content), SaveRequest{ExpectedSHA256: "abc"}, 0, ErrHashMismatch, []string{"abc", "64"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := newHost(t, tt.answer)
			c := client(t, Options{}, asPublic(t, srv))
			folder := t.TempDir()
			old := filepath.Join(folder, "old.png")
			if err := os.WriteFile(old, []byte("as it was"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{old, filepath.Join(folder, "new", "a.png")} {
				tt.request.URL, tt.request.Path = srv.URL+"/a.png?identity=signature", path
				info, err := c.Save(t.Context(), tt.request)
				if info != (Info{}) {
					t.Errorf("info with an error: %+v", info)
				}
				wantText(t, err, tt.text...)
				if tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("%v is not %v", err, tt.want)
				}
				if errors.Is(err, ErrGone) != errors.Is(tt.want, ErrGone) {
					t.Errorf("%v: ErrGone or not", err)
				}
				if strings.Contains(err.Error(), "signature") {
					t.Errorf("the error repeats the query: %v", err)
				}
			}
			wantContent(t, old, []byte("as it was"))
			for _, name := range listing(t, folder) {
				if name != "old.png" && name != "new" {
					t.Errorf("left behind: %s", name)
				}
			}
			if srv.count() != 2*tt.calls {
				t.Errorf("%d calls for two saves, want %d each", srv.count(), tt.calls)
			}
		})
	}
}

func TestSave_hashMismatchHasBothHashes(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	expected := strings.Repeat("A", 64)
	_, err := client(t, Options{}, asPublic(t)).Save(t.Context(), SaveRequest{
		URL: dataURI("image/png", content), Path: filepath.Join(t.TempDir(), "a.png"), ExpectedSHA256: expected,
	})
	var mismatch *HashMismatchError
	if !errors.As(err, &mismatch) || mismatch.Expected != strings.ToLower(expected) || mismatch.Actual != infoOf(content, "").SHA256 {
		t.Errorf("%#v", err)
	}
}

func TestSave_limitIsExact(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	c := client(t, Options{MaxBytes: int64(len(content))}, asPublic(t))
	path := filepath.Join(t.TempDir(), "a.png")
	if _, err := c.Save(t.Context(), SaveRequest{URL: dataURI("", content), Path: path}); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := c.Save(t.Context(), SaveRequest{URL: dataURI("", append(content, 0)), Path: path}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("above the limit: %v", err)
	}
	wantContent(t, path, content)
}

func TestSave_retries(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	good := serve("image/png", content)
	truncated := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write(content[:len(content)/2])
	}
	cutChunk := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(content[:len(content)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	later := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	page := serve("text/html", []byte("<html>busy</html>"))
	tests := []struct {
		name  string
		fault http.HandlerFunc
	}{
		{"408", status(408)}, {"425", status(425)}, {"429", status(429)}, {"500", status(500)},
		{"502", status(502)}, {"503", status(503)}, {"504", status(504)},
		{"short of its length", truncated}, {"cut between chunks", cutChunk}, {"no answer", cut}, {"a page", page}, {"Retry-After", later},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := newHost(t, answers(tt.fault, tt.fault, good))
			clock := newFakeClock()
			c := client(t, Options{Clock: clock}, asPublic(t, srv))
			folder := t.TempDir()
			info, err := c.Save(t.Context(), SaveRequest{URL: srv.URL, Path: filepath.Join(folder, "a.png")})
			if err != nil {
				t.Fatal(err)
			}
			if info != infoOf(content, "image/png") {
				t.Errorf("a broken try shows in %+v", info)
			}
			wantContent(t, filepath.Join(folder, "a.png"), content)
			wantListing(t, folder, "a.png")
			slept := clock.slept()
			if srv.count() != 3 || len(slept) != 2 {
				t.Fatalf("%d calls, waits %v", srv.count(), slept)
			}
			if tt.name == "Retry-After" && (slept[0] != 7*time.Second || slept[1] != 7*time.Second) {
				t.Errorf("waits %v, want what the host asked for", slept)
			}
		})
	}
}

func TestSave_truncatedToTheEnd(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	srv := newHost(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write(content)
	})
	c := client(t, Options{}, asPublic(t, srv))
	folder := t.TempDir()
	_, err := c.Save(t.Context(), SaveRequest{URL: srv.URL + "/a.png", Path: filepath.Join(folder, "a.png")})
	wantText(t, err, "/a.png failed after 5 attempts", "unexpected EOF")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v hides its cause", err)
	}
	wantListing(t, folder)
}

func TestSave_stalledBody(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	stalled := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(content[:100])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	srv := newHost(t, answers(stalled, serve("image/png", content)))
	h := asPublic(t, srv)
	h.stall = 250 * time.Millisecond
	folder := t.TempDir()
	if _, err := client(t, Options{}, h).Save(t.Context(), SaveRequest{URL: srv.URL, Path: filepath.Join(folder, "a.png")}); err != nil {
		t.Fatal(err)
	}
	if srv.count() != 2 {
		t.Errorf("%d calls", srv.count())
	}
	wantListing(t, folder, "a.png")
}

func TestSave_canceled(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	started := make(chan struct{}, 1)
	srv := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(content[:len(content)-10])
		_ = http.NewResponseController(w).Flush()
		started <- struct{}{}
		<-r.Context().Done()
	})
	c := client(t, Options{}, asPublic(t, srv))
	ctx, cancel := withCancel(t)
	go func() {
		<-started
		cancel()
	}()
	folder := t.TempDir()
	_, err := c.Save(ctx, SaveRequest{URL: srv.URL, Path: filepath.Join(folder, "a.png")})
	if !errors.Is(err, ctx.Err()) || srv.count() != 1 {
		t.Errorf("%v after %d calls", err, srv.count())
	}
	wantListing(t, folder)
}

func TestSave_canceledBeforeTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := withCancel(t)
	cancel()
	folder := t.TempDir()
	uri := dataURI("image/png", picture(t, "image/png", 1))
	_, err := client(t, Options{}, asPublic(t)).Save(ctx, SaveRequest{URL: uri, Path: filepath.Join(folder, "a.png")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
	wantListing(t, folder)
}

// Once the file is in place it counts, even if the context ends right then.
func TestSave_canceledAfterTheEnd(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	srv := newHost(t, serve("image/png", content))
	c := client(t, Options{}, asPublic(t, srv))
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := withCancel(t)
	err = c.do(ctx, call{method: http.MethodGet, url: u, attempts: 5, handle: func(*http.Response) error {
		cancel()
		return nil
	}})
	if err != nil {
		t.Errorf("a finished call fails with %v", err)
	}
}

func TestSave_concurrently(t *testing.T) {
	t.Parallel()
	pictures := map[string][]byte{}
	var uris []string
	for seed := range uint8(12) {
		content := picture(t, "image/png", seed)
		pictures[infoOf(content, "").SHA256] = content
		uris = append(uris, dataURI("image/png", content))
	}
	c := client(t, Options{}, asPublic(t))
	folder := t.TempDir()
	path := filepath.Join(folder, "deep", "down", "a.png")
	var wg sync.WaitGroup
	for _, uri := range uris {
		wg.Go(func() {
			if _, err := c.Save(t.Context(), SaveRequest{URL: uri, Path: path}); err != nil {
				t.Error(err)
			}
			if info, err := Inspect(path); err != nil || pictures[info.SHA256] == nil {
				t.Errorf("a part of a picture was seen: %v", err)
			}
		})
	}
	wg.Wait()
	wantListing(t, folder, "deep", "deep/down", "deep/down/a.png")
}

// brokenWriter writes a while and then fails.
type brokenWriter struct {
	w    io.Writer
	left int
	err  error
}

func (b *brokenWriter) Write(p []byte) (int, error) {
	if len(p) > b.left {
		n, _ := b.w.Write(p[:b.left])
		b.left = 0
		return n, b.err
	}
	b.left -= len(p)
	return b.w.Write(p)
}

func TestSave_writeFails(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	tests := []struct {
		name  string
		cause error
		text  string
	}{
		{"disk full", syscall.ENOSPC, "no space left"},
		{"quota", syscall.EDQUOT, "no space left"},
		{"read-only", syscall.EROFS, "permission"},
		{"unplugged", syscall.EIO, "operating system"},
	}
	for _, tt := range tests {
		for _, after := range []int{0, 10, len(content) - 1} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				srv := newHost(t, serve("image/png", content))
				h := asPublic(t, srv)
				h.writer = func(f *os.File) io.Writer {
					return &brokenWriter{f, after, &fs.PathError{Op: "write", Path: f.Name(), Err: tt.cause}}
				}
				c := client(t, Options{}, h)
				folder := t.TempDir()
				path := filepath.Join(folder, "a.png")
				if err := os.WriteFile(path, []byte("as it was"), 0o600); err != nil {
					t.Fatal(err)
				}
				_, err := c.Save(t.Context(), SaveRequest{URL: srv.URL, Path: path})
				if !errors.Is(err, ErrPath) || !errors.Is(err, tt.cause) {
					t.Errorf("%v is not ErrPath and %v", err, tt.cause)
				}
				wantText(t, err, path, tt.text)
				wantContent(t, path, []byte("as it was"))
				wantListing(t, folder, "a.png")
				if srv.count() != 1 {
					t.Errorf("%d calls: a full disk was tried again", srv.count())
				}
			})
		}
	}
}

// What a killed run has left goes with the next write beside it, once it is old.
// What is young may be somebody's who is still at it.
func TestSave_removesWhatKilledRunsHaveLeft(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	folder := t.TempDir()
	long := time.Now().Add(-2 * leftOverAfter)
	for name, old := range map[string]bool{".flux2-1.tmp": true, ".flux2-2.tmp": false, ".flux2-3.txt": true, "flux2-4.tmp": true} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content[:20], 0o600); err != nil {
			t.Fatal(err)
		}
		if old {
			if err := os.Chtimes(path, long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(folder, "a.png")
	if _, err := client(t, Options{}, hooks{}).Save(t.Context(), SaveRequest{URL: dataURI("image/png", content), Path: path}); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, content)
	wantListing(t, folder, ".flux2-2.tmp", ".flux2-3.txt", "a.png", "flux2-4.tmp")
}
