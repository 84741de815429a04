// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// raw serves a connection by hand.
func raw(serve func(conn net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		serve(conn)
	}
}

func says(answer string) http.HandlerFunc {
	return raw(func(conn net.Conn) { _, _ = io.WriteString(conn, answer) })
}

// endlessly repeats itself until the client has had enough.
func endlessly(head, chunk string) http.HandlerFunc {
	return raw(func(conn net.Conn) {
		_, err := io.WriteString(conn, head)
		for err == nil {
			_, err = io.WriteString(conn, chunk)
		}
	})
}

// hugePNG has the header of a picture of that many pixels on either side, and
// content of a kind that decoders skip.
func hugePNG(side uint32) []byte {
	var picture bytes.Buffer
	picture.WriteString("\x89PNG\r\n\x1a\n")
	header := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(header[4:], side)
	binary.BigEndian.PutUint32(header[8:], side)
	header[12], header[13] = 8, 6
	_ = binary.Write(&picture, binary.BigEndian, uint32(13))
	picture.Write(header)
	_ = binary.Write(&picture, binary.BigEndian, crc32.ChecksumIEEE(header))
	picture.WriteString("\xff\xff\xff\xffIDATxxxx")
	return picture.Bytes()
}

func packed(t *testing.T, size int) string {
	t.Helper()
	var bomb bytes.Buffer
	writer, err := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return bomb.String()
}

// TestHostileHosts saves from, and looks for a picture at, hosts that mean no
// good. Each call ends with a clear error and leaves no file behind; none takes
// more memory than it may. It is not parallel to other tests, or it would count
// what they allocate.
func TestHostileHosts(t *testing.T) { //nolint:paralleltest // see above
	png := picture(t, "image/png", 1)
	// Or net/http would log the body that a HEAD isn't meant to have.
	const closing = "HTTP/1.1 200 x\r\nConnection: close\r\n"
	const ok = closing + "Content-Type: image/png\r\n"
	bomb := packed(t, 24<<20)
	for kind, test := range map[string]struct { //nolint:paralleltest // see above
		host http.HandlerFunc
		// want is what saving ends with, nil for any error.
		want error
		// head is what a look ends with.
		head Availability
	}{
		"a body without end":         {endlessly(ok+"\r\n"+string(png), strings.Repeat("x", 1<<16)), ErrTooLarge, Present},
		"more than it is worth":      {endlessly(ok+"Content-Length: 9223372036854775807\r\n\r\n"+string(png), strings.Repeat("x", 1<<16)), ErrTooLarge, Present},
		"less than it promised":      {says(ok + "Content-Length: 9000\r\n\r\n" + string(png)), io.ErrUnexpectedEOF, Present},
		"more than it promised":      {says(ok + "Content-Length: 20\r\n\r\n" + string(png)), ErrNotAnImage, Present},
		"a length below zero":        {says(ok + "Content-Length: -1\r\n\r\n" + string(png)), nil, Unknown},
		"two lengths":                {says(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n" + string(png)), nil, Unknown},
		"a header of 1 MB":           {says(ok + "X-Long: " + strings.Repeat("x", 1<<20) + "\r\n\r\n" + string(png)), nil, Unknown},
		"headers without end":        {endlessly(ok, strings.Repeat("X-More: and more\r\n", 1000)), nil, Unknown},
		"early answers without end":  {endlessly("", strings.Repeat("HTTP/1.1 103 x\r\nLink: </a>\r\n\r\n", 1000)), nil, Unknown},
		"redirects without end":      {says("HTTP/1.1 302 x\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"), ErrInvalidURL, Unknown},
		"a type of 30 kB":            {says(closing + "Content-Type: " + strings.Repeat("x", 30<<10) + "\r\n\r\n" + string(png)), ErrContentTypeMismatch, Present},
		"another protocol":           {says("220 smtp.example ESMTP\r\n"), nil, Unknown},
		"nothing":                    {says(""), nil, Unknown},
		"a bomb":                     {says(ok + "Content-Encoding: gzip\r\n\r\n" + bomb), ErrNotAnImage, Present},
		"a bomb that is no secret":   {says(closing + "Content-Type: application/gzip\r\n\r\n" + bomb), ErrNotAnImage, Present},
		"a picture with no contents": {says(ok + "\r\n" + string(hugePNG(0))), ErrNotAnImage, Present},
		"a picture of negative size": {says(ok + "\r\n" + string(hugePNG(1<<31))), ErrNotAnImage, Present},
	} {
		t.Run(kind, func(t *testing.T) {
			srv := newHost(t, test.host)
			c := client(t, Options{MaxBytes: 4 << 20}, asPublic(t, srv))
			folder := t.TempDir()
			var err error
			var found Availability
			allocated := allocation(func() {
				_, err = c.Save(t.Context(), SaveRequest{URL: srv.URL + "/a.png", Path: filepath.Join(folder, "a.png")})
				found, _ = c.Available(t.Context(), srv.URL+"/a.png")
			})
			wantText(t, err, "")
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			if found != test.head {
				t.Errorf("the picture is %v, want %v", found, test.head)
			}
			// In up to eight attempts.
			if allocated > 8*6 {
				t.Errorf("it took %d MB", allocated)
			}
			wantListing(t, folder)
		})
	}
}

// allocation is what a function allocates in all, in MB: no less than it ever
// holds at once.
func allocation(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) >> 20
}

// A picture is not unpacked, so that its size is just a number.
func TestCopyImage_hugePictures(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	var info Info
	var err error
	if allocated := allocation(func() {
		info, err = copyImage(io.Discard, bytes.NewReader(hugePNG(1_000_000_000)), "image/png", DefaultMaxBytes)
	}); allocated > 1 {
		t.Errorf("it took %d MB", allocated)
	}
	if err != nil || info.Width != 1_000_000_000 || info.Height != 1_000_000_000 {
		t.Errorf("%+v, %v", info, err)
	}
}

// A data URI is in memory already; little is added to that.
func TestSave_hugeDataURIs(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	const size = 64 << 20
	png := picture(t, "image/png", 1)
	for kind, test := range map[string]struct { //nolint:paralleltest // see above
		uri  string
		want error
	}{
		"content":             {dataURI("image/png", png[:len(png)/3*3]) + strings.Repeat("AAAA", size/4), ErrTooLarge},
		"content as it is":    {"data:image/png," + strings.Repeat("%00", size/3), ErrNotAnImage},
		"nothing but space":   {"data:image/png;base64," + strings.Repeat(" ", size/16), ErrNotAnImage},
		"nothing but padding": {"data:image/png;base64," + strings.Repeat("=", size/16), ErrNotAnImage},
		"semicolons":          {"data:" + strings.Repeat(";", size) + ",", ErrInvalidURL},
		"a type":              {"data:image/" + strings.Repeat("x", size) + ",", ErrInvalidURL},
		"no comma":            {"data:" + strings.Repeat("x", size), ErrInvalidURL},
		"a hosted URL":        {"https://example.com/" + strings.Repeat("x", size), ErrInvalidURL},
	} {
		t.Run(kind, func(t *testing.T) {
			c := client(t, Options{MaxBytes: 1 << 20}, asPublic(t))
			folder := t.TempDir()
			var err error
			if allocated := allocation(func() {
				_, err = c.Save(t.Context(), SaveRequest{URL: test.uri, Path: filepath.Join(folder, "a.png")})
			}); allocated > 1 {
				t.Errorf("it took %d MB", allocated)
			}
			if !errors.Is(err, test.want) || len(err.Error()) > 300 {
				t.Errorf("%.400v, want %v", err, test.want)
			}
			wantListing(t, folder)
		})
	}
}

// A host that sends a byte now and then never goes quiet. Saving ends with its
// context, which the caller bounds.
func TestSave_drip(t *testing.T) {
	t.Parallel()
	png := picture(t, "image/png", 1)
	started := make(chan struct{}, 1)
	srv := newHost(t, raw(func(conn net.Conn) {
		_, err := fmt.Fprintf(conn, "HTTP/1.1 200 x\r\nContent-Type: image/png\r\n\r\n%s", png)
		started <- struct{}{}
		for drop := time.NewTicker(time.Millisecond); err == nil; <-drop.C {
			_, err = io.WriteString(conn, "x")
		}
	}))
	c := client(t, Options{}, asPublic(t, srv))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	folder := t.TempDir()
	_, err := c.Save(ctx, SaveRequest{URL: srv.URL, Path: filepath.Join(folder, "a.png")})
	if !errors.Is(err, context.Canceled) || srv.count() != 1 {
		t.Errorf("%v after %d calls", err, srv.count())
	}
	wantListing(t, folder)
}
