// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
)

// FuzzOpenDataURI: whatever the text, decoding ends, never yields more than
// was put in, and fails with an error of this package.
func FuzzOpenDataURI(f *testing.F) {
	for _, seed := range []string{"data:,", "data:image/png;base64,aGVsbG8=", "data:;base64,%61GVs\n-_==", "data:text/plain,%zz", "data:base64,===", "data:a;b,c%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !isDataURI(text) {
			text = dataScheme + text
		}
		_, r, err := openDataURI(text)
		var content []byte
		if err == nil {
			content, err = io.ReadAll(r)
		}
		if err != nil && !errors.Is(err, ErrInvalidURL) {
			t.Fatalf("foreign error %v", err)
		}
		if len(content) > len(text) {
			t.Fatalf("%d bytes out of %d", len(content), len(text))
		}
	})
}

// FuzzDataURIRoundTrip: every spelling of the same bytes decodes to them.
func FuzzDataURIRoundTrip(f *testing.F) {
	f.Add([]byte("hello"))
	f.Add([]byte{0, 0xff, 0xfb, 0xef})
	f.Fuzz(func(t *testing.T, content []byte) {
		std := base64.StdEncoding.EncodeToString(content)
		var broken strings.Builder
		for i, c := range std {
			if i%7 == 3 {
				broken.WriteString("\r\n ")
			}
			broken.WriteRune(c)
		}
		for _, uri := range []string{
			"data:image/png;base64," + std,
			"data:image/png;base64," + base64.RawStdEncoding.EncodeToString(content),
			"data:image/png;base64," + base64.URLEncoding.EncodeToString(content),
			"data:image/png;base64," + url.QueryEscape(std),
			"data:image/png;base64," + broken.String(),
			"data:image/png," + url.PathEscape(string(content)),
		} {
			_, r, err := openDataURI(uri)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%s decodes to %q, %v", uri, got, err)
			}
		}
	})
}

// FuzzCopyImage: whatever the bytes, a success is a complete copy that the
// Info describes, and a failure has a kind.
func FuzzCopyImage(f *testing.F) {
	for _, contentType := range []string{"image/png", "image/jpeg", "image/webp", "image/avif"} {
		content := picture(f, contentType, 1)
		f.Add(content, contentType)
		f.Add(content[:30], "")
	}
	f.Add(extendedWebP(640, 480), "image/webp")
	f.Add([]byte("<html>"), "image/png")
	f.Fuzz(func(t *testing.T, content []byte, declared string) {
		const limit = 1 << 16
		var out bytes.Buffer
		info, err := copyImage(&out, bytes.NewReader(content), declared, limit)
		if err != nil {
			if !errors.Is(err, ErrNotAnImage) && !errors.Is(err, ErrContentTypeMismatch) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("foreign error %v", err)
			}
			if out.Len() > limit {
				t.Fatalf("%d bytes written over a limit of %d", out.Len(), limit)
			}
			return
		}
		want := infoOf(content, info.ContentType)
		want.Width, want.Height = info.Width, info.Height
		if info != want || !bytes.Equal(out.Bytes(), content) {
			t.Fatalf("%+v, want %+v, and a full copy", info, want)
		}
		if info.Width < 1 || info.Height < 1 || headers[info.ContentType] == nil {
			t.Fatalf("accepted %+v", info)
		}
	})
}
