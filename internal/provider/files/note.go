// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// note is what private state has of an object. Read never writes it: a refresh
// would not be without changes then.
type note struct {
	// Object is a name for the object, since engines tell providers none.
	Object string `json:"object"`
	// Adopted says that its file stood there before, with the same content. A
	// destroy leaves it.
	Adopted bool `json:"adopted,omitempty"`
	// Source is the hash of the URL that the content came from, while url is null.
	Source string `json:"source,omitempty"`
	// Stays says that the file is left where it is by the deletion of its object, for
	// the one that replaces it there. A plan sets it.
	Stays bool `json:"stays,omitempty"`
	// Version is that of what has made the file of another picture. It is empty for a
	// file that is the picture itself, and for one that was imported.
	Version string `json:"version,omitempty"`
	// Original is what that other picture is like, nil if that is not known.
	Original *pictureNote `json:"original,omitempty"`
}

// pictureNote is what is to be known of a picture to tell what becomes of it.
type pictureNote struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Format string `json:"format"`
}

// standingFile is a file as an object has it in state.
type standingFile struct {
	Path, SHA256 string
	Size         int64
}

const privateNote = "file"

// noteOf reads the note of an object; it is empty for an object without one, and
// for a tainted one that is replaced, of which engines pass none on.
func noteOf(ctx context.Context, private privateReader) note {
	var noted note
	content, diags := private.GetKey(ctx, privateNote)
	if diags.HasError() || len(content) == 0 || json.Unmarshal(content, &noted) != nil {
		return note{}
	}
	return noted
}

func (n note) save(ctx context.Context, private privateWriter) diag.Diagnostics {
	content, err := json.Marshal(n)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Private State Not Saved", err.Error())}
	}
	return private.SetKey(ctx, privateNote, content)
}

// newObject is a name for an object that has none.
func newObject() string { return rand.Text() }

// sourceOf tells one URL from another. A data URI would be too much to keep.
func sourceOf(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:])
}
