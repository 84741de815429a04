// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// wordsOf are what must show up nowhere: the key and its halves.
func wordsOf(key string) []string {
	id, secret, _ := strings.Cut(key, ":")
	return []string{key, id, secret}
}

// needles are the forms of a word that don't depend on what is around it. All
// others are undone in the text that is searched, which is another way than the
// provider's: it must not be its own judge.
func needles(word string) [][]byte {
	forms := [][]byte{[]byte(word), []byte(hex.EncodeToString([]byte(word)))}
	for _, form := range alignments(word) {
		forms = append(forms, []byte(form))
	}
	return forms
}

// layers are a text with its quotation undone, which logs do to what has been
// quoted before, and each of that without the escapes of URLs and pages.
func layers(text []byte) [][]byte {
	var all [][]byte
	for range 4 {
		all = append(all, text)
		if bytes.IndexByte(text, '%') >= 0 {
			all = append(all, undone(text, '%', hexEscape))
		}
		if bytes.IndexByte(text, '&') >= 0 {
			all = append(all, []byte(html.UnescapeString(string(text))))
		}
		if bytes.IndexByte(text, '\\') < 0 {
			break
		}
		text = undone(text, '\\', quotedEscape)
	}
	return all
}

// undone replaces escapes, which begin with a character. The function returns
// what one stands for, and how long it is behind that character, 0 if it is none.
func undone(text []byte, first byte, escape func([]byte) (string, int)) []byte {
	clean := make([]byte, 0, len(text))
	for {
		at := bytes.IndexByte(text, first)
		if at < 0 {
			return append(clean, text...)
		}
		clean = append(clean, text[:at]...)
		said, length := escape(text[at+1:])
		if length == 0 {
			said = string(first)
		}
		clean = append(clean, said...)
		text = text[at+1+length:]
	}
}

func hexEscape(rest []byte) (string, int) {
	if len(rest) < 2 {
		return "", 0
	}
	code, err := strconv.ParseUint(string(rest[:2]), 16, 8)
	if err != nil {
		return "", 0
	}
	return string([]byte{byte(code)}), 2
}

// quotedEscape reads what can follow a backslash in JSON and in Go.
func quotedEscape(rest []byte) (string, int) {
	switch {
	case len(rest) == 0:
		return "", 0
	case rest[0] == 'u' && len(rest) >= 5:
		if code, err := strconv.ParseUint(string(rest[1:5]), 16, 16); err == nil {
			return string(rune(code)), 5
		}
	case rest[0] == 'x' && len(rest) >= 3:
		said, length := hexEscape(rest[1:])
		return said, length + min(1, length)
	}
	if plain := strings.IndexByte("ntr", rest[0]); plain >= 0 {
		return "\n\t\r"[plain : plain+1], 1
	}
	return string(rest[:1]), 1
}

// asJSON is a word in a JSON string, as Go writes it: safe for pages.
func asJSON(word string) string {
	quoted, err := json.Marshal(word)
	if err != nil {
		panic(err)
	}
	return string(quoted[1 : len(quoted)-1])
}

// alignments are the word in base64, by where in a group of three bytes it
// begins, without the characters at its ends that others have a part in.
func alignments(word string) []string {
	var forms []string
	for before := range 3 {
		padded := append(bytes.Repeat([]byte{'x'}, before), word...)
		// Whole groups only.
		whole := padded[:len(padded)-len(padded)%3]
		if before > 0 {
			whole = whole[min(3, len(whole)):]
		}
		forms = append(forms, base64.StdEncoding.EncodeToString(whole), base64.URLEncoding.EncodeToString(whole))
	}
	return forms
}

// haystack is everything that was written somewhere, by name.
type haystack map[string][]byte

// search looks for the key in everything. It returns the number of bytes.
func (h haystack) search(t *testing.T, key string) int {
	t.Helper()

	size := 0
	for name, content := range h {
		size += len(content)
		if around, is := find(content, key); is {
			t.Errorf("the key, or a half of it, is in %s: …%s…", name, around)
		}
	}
	return size
}

// find returns the surroundings of the key, or of a half of it.
func find(content []byte, key string) (string, bool) {
	var wanted [][]byte
	for _, word := range wordsOf(key) {
		wanted = append(wanted, needles(word)...)
	}
	for _, layer := range layers(content) {
		for _, needle := range wanted {
			if at := bytes.Index(layer, needle); at >= 0 {
				return string(layer[max(0, at-200):min(len(layer), at+200)]), true
			}
		}
	}
	return "", false
}

// expect checks that what was searched is what it is taken for.
func (h haystack) expect(t *testing.T, name string, words ...string) {
	t.Helper()

	for _, word := range words {
		if !bytes.Contains(h[name], []byte(word)) {
			t.Errorf("%s has no %q in its %d bytes", name, word, len(h[name]))
		}
	}
}

// add takes in a text and what is packed in it: members of an archive, and
// base64, as private state is.
func (h haystack) add(t *testing.T, name string, content []byte) {
	t.Helper()

	h[name] = content
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, member := range archive.File {
			h.add(t, name+"/"+member.Name, unzip(t, member))
		}
		return
	}
	if strings.HasSuffix(name, ".log") {
		return
	}
	if packed := unpack(content); len(packed) > 0 {
		h.add(t, name+" decoded", packed)
	}
}

var packedText = regexp.MustCompile(`[0-9A-Za-z+/]{24,}={0,2}`)

// unpack decodes whatever may be base64, line by line.
func unpack(content []byte) []byte {
	var found []byte
	for _, packed := range packedText.FindAll(content, -1) {
		if decoded, err := base64.StdEncoding.DecodeString(string(packed)); err == nil {
			found = append(append(found, decoded...), '\n')
		}
	}
	return found
}

func unzip(t *testing.T, member *zip.File) []byte {
	t.Helper()

	reader, err := member.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	content, err := io.ReadAll(io.LimitReader(reader, 64<<20))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// leftovers is all that the engine has written into a workspace. The
// configuration is the test's own.
func leftovers(t *testing.T, workspace *acctest.Workspace) haystack {
	t.Helper()

	found := make(haystack)
	err := filepath.WalkDir(workspace.Path("."), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "main.tf" {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // a file of the test's own
		if err == nil {
			found.add(t, entry.Name(), content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A search that finds nothing means something only if it would have found it.
func TestSecrets_searchSeesThroughDisguises(t *testing.T) {
	t.Parallel()

	for _, key := range []string{recognisableKey, oddKey} {
		for _, word := range wordsOf(key) {
			for name, text := range map[string]string{
				"as it is":         "Key " + word,
				"JSON":             `{"detail":"` + asJSON(word) + `"}`,
				"JSON in JSON":     asJSON(`{"detail":"` + asJSON(word) + `"}`),
				"a quoted log":     fmt.Sprintf("error=%q", word),
				"a quoted quote":   fmt.Sprintf("error=%q", fmt.Sprintf("%q", word)),
				"a query":          "https://example.com/?key=" + url.QueryEscape(word) + "&x=1",
				"a path":           "https://example.com/" + url.PathEscape(word),
				"a quoted query":   asJSON("https://example.com/?x=1&key=" + url.QueryEscape(word)),
				"user of a URL":    "https://" + url.User(word).String() + "@example.com/",
				"a quoted user":    asJSON("https://" + url.User(word).String() + "@example.com/"),
				"a page":           html.EscapeString("your key is " + word),
				"base64":           base64.StdEncoding.EncodeToString([]byte("Key " + word + "\n")),
				"base64, shifted":  base64.URLEncoding.EncodeToString([]byte("Keys " + word + " and more")),
				"base64, shifted2": base64.StdEncoding.EncodeToString([]byte("A key " + word)),
				"hexadecimal":      fmt.Sprintf("%x", word),
			} {
				if _, is := find([]byte(text), key); !is {
					t.Errorf("%q was not found as %s: %s", word, name, text)
				}
			}
		}
	}
	if around, is := find([]byte("nothing to see: [redacted], %41, \\u0041"), oddKey); is {
		t.Errorf("something was found in %s", around)
	}
	packed := haystack{}
	packed.add(t, "state", []byte(`{"private":"`+base64.StdEncoding.EncodeToString([]byte(`{"handle":"`+base64.StdEncoding.EncodeToString([]byte(recognisableKey))+`"}`))+`"}`))
	packed.expect(t, "state decoded decoded", recognisableKey)
}
