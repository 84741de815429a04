// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzRetryAfter reads the header in any form. The wait is bounded.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", "1", "-1", "1.5", "1e9", "NaN", "4294967295", "99999999999999999999", "Tue, 01 Sep 2026 12:00:30 GMT", "Tuesday, 01-Sep-26 12:00:30 GMT"} {
		f.Add(value, 3)
	}
	now := newFakeClock().Now()
	k := call{firstWait: 500 * time.Millisecond, longestWait: 8 * time.Second, longestRetryAfter: 30 * time.Second}
	f.Fuzz(func(t *testing.T, value string, attempt int) {
		resp := &http.Response{Header: http.Header{"Retry-After": {value}}}
		if wait := k.backoff(max(attempt, 0), resp, now); wait < 0 || wait > k.longestRetryAfter {
			t.Errorf("%q is %s", value, wait)
		}
	})
}

// FuzzCheckURL judges any URL. One that passes is what it seems to be, and no
// message repeats a query.
func FuzzCheckURL(f *testing.F) {
	for _, rawURL := range []string{
		"https://v3b.fal.media/files/a.png?identity=secret", "http://127.0.0.1/", "https://[::1]:80/", "https://user:password@host/", "//host", "file:///etc/passwd",
		"https://0x7f000001/", "https://host%00/", "https://host:99999/", "data:,", "https://\xff/", "https://[fe80::1%25eth0]/",
	} {
		f.Add(rawURL)
	}
	// Nothing is looked up: the only name that is trusted is an address.
	c, err := newClient(Options{TrustedOrigins: []string{"https://8.8.8.8"}}, hooks{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, rawURL string) {
		u, parseErr := url.Parse(rawURL)
		err := c.CheckURL(t.Context(), rawURL)
		switch {
		case isDataURI(rawURL):
			if err != nil && !errors.Is(err, ErrInvalidURL) && !errors.Is(err, ErrNotAnImage) && !errors.Is(err, ErrContentTypeMismatch) {
				t.Errorf("%q: %v", rawURL, err)
			}
		case err == nil:
			if parseErr != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
				t.Errorf("%q passed", rawURL)
			}
		case parseErr == nil && len(u.RawQuery) > 20 && strings.Contains(err.Error(), u.RawQuery) && !strings.Contains(u.Host+u.Path+u.Scheme, u.RawQuery):
			t.Errorf("%q: %v", rawURL, err)
		}
	})
}

// FuzzHeaders reads the headers of pictures alone, with any content behind
// them, so that what comes before the pixels is all there is to vary.
func FuzzHeaders(f *testing.F) {
	for _, contentType := range []string{"image/png", "image/jpeg", "image/webp"} {
		content := picture(f, contentType, 1)
		f.Add(content[:min(len(content), 200)])
	}
	f.Add(extendedWebP(1<<24, 1<<24))
	f.Add(hugePNG(1_000_000_000))
	f.Fuzz(func(t *testing.T, content []byte) {
		for contentType, read := range headers {
			config, err := read(bytes.NewReader(content))
			if err == nil && (config.Width < 0 || config.Height < 0) {
				t.Errorf("%s of %d by %d pixels", contentType, config.Width, config.Height)
			}
		}
	})
}
