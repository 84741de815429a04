// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestOpenDataURI(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, uri, mediaType, content string
	}{
		{"padded", "data:image/png;base64,aGVsbG8=", "image/png", "hello"},
		{"unpadded", "data:image/png;base64,aGVsbG8", "image/png", "hello"},
		{"twice padded", "data:image/png;base64,aGk_Pw==", "image/png", "hi??"},
		{"escaped padding", "data:image/png;base64,aGVsbG8%3D", "image/png", "hello"},
		{"escaped all over", "data:image/png;base64,%61GVsbG8%3d", "image/png", "hello"},
		{"URL alphabet", "data:;base64,-_-_", "", "\xfb\xff\xbf"},
		{"standard alphabet", "data:;base64,+/+/", "", "\xfb\xff\xbf"},
		{"escaped alphabet", "data:;base64,%2B%2F%2b%2f", "", "\xfb\xff\xbf"},
		{"broken into lines", "data:image/png;base64,aGVs\r\n bG8=\n", "image/png", "hello"},
		{"capitals", "DATA:image/png;BASE64,aGVsbG8=", "image/png", "hello"},
		{"parameters", "data:image/png;charset=x;base64,aGVsbG8=", "image/png", "hello"},
		{"no type", "data:;base64,aGVsbG8=", "", "hello"},
		{"no semicolon", "data:base64,aGVsbG8=", "", "hello"},
		{"plain", "data:text/plain,hello%20there+you", "text/plain", "hello there+you"},
		{"binary", "data:image/png,%89PNG%0d%0a", "image/png", "\x89PNG\r\n"},
		{"nothing", "data:,", "", ""},
		{"a second comma", "data:text/plain,a,b", "text/plain", "a,b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mediaType, r, err := openDataURI(tt.uri)
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err != nil || mediaType != tt.mediaType || string(content) != tt.content {
				t.Errorf("%q %q, %v; want %q %q", mediaType, content, err, tt.mediaType, tt.content)
			}
		})
	}
}

func TestOpenDataURI_refusals(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"data:", "data:image/png;base64", // no comma
		"data:image/png;base64,a",             // one character encodes nothing
		"data:image/png;base64,aGVs!G8=",      // not of the alphabet
		"data:image/png;base64,aGVsbG8=aGVs",  // behind the padding
		"data:image/png;base64,aGVsbG8%3",     // half an escape
		"data:image/png;base64,%zzaa",         // no escape
		"data:image/png;base64,aGVsbG8=#anch", // a fragment is no content
		"data:text/plain,100%",
	} {
		_, r, err := openDataURI(uri)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.Is(err, ErrInvalidURL) {
			t.Errorf("%s: %v, want ErrInvalidURL", uri, err)
			continue
		}
		wantText(t, err, "data URI")
	}
}

func TestDataURIReaders_inSmallPieces(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	encoded := base64.StdEncoding.EncodeToString(content)
	_, r, err := openDataURI("data:image/png;base64," + url.QueryEscape(encoded))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(iotest.OneByteReader(r))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := iotest.TestReader(&percentReader{"a%20b%2Fc"}, []byte("a b/c")); err != nil {
		t.Error(err)
	}
	if err := iotest.TestReader(&alphabetReader{r: strings.NewReader("a-\n\n\n_b==")}, []byte("a+/b")); err != nil {
		t.Error(err)
	}
}

func TestSave_dataURI(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/webp", 1)
	c := client(t, Options{}, asPublic(t))
	folder := t.TempDir()
	path := filepath.Join(folder, "a.webp")
	info, err := c.Save(t.Context(), SaveRequest{URL: dataURI("image/webp", content), Path: path})
	if err != nil || info != infoOf(content, "image/webp") {
		t.Fatalf("%+v, %v", info, err)
	}
	wantContent(t, path, content)

	long := strings.Repeat("QUJD", 1<<16)
	for uri, want := range map[string]error{
		dataURI("image/png", content):                       ErrContentTypeMismatch,
		"data:image/webp;base64," + long:                    ErrNotAnImage,
		"data:image/webp":                                   ErrInvalidURL,
		dataURI("image/webp", content) + "=!":               ErrInvalidURL,
		dataURI("image/webp", content)[:43]:                 ErrNotAnImage,
		dataURI("image/webp", append(content, long...)):     nil,
		dataURI("image/webp", append(content, long[:3]...)): nil,
	} {
		_, err := c.Save(t.Context(), SaveRequest{URL: uri, Path: path})
		if !errors.Is(err, want) {
			t.Errorf("%.40s…: %v, want %v", uri, err, want)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("the error repeats the data: %.400s", err)
		}
	}
	wantListing(t, folder, "a.webp")
}
