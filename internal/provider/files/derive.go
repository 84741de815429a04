// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// original is a picture that others are made of, on its way into memory and into the
// store, which keeps it for the next change.
type original struct {
	imagefile.Info
	writing *writing
	content []byte
}

var _ destination = (*original)(nil)

// derive makes the file of its picture.
func (w *writing) derive(ctx context.Context, request imagefile.SaveRequest) (imagefile.Info, error) {
	w.original = &original{writing: w}
	picture := request
	picture.ExpectedSHA256 = w.file.wantedPicture(w.prior, w.noted.Source)
	var err error
	if w.original.Info, err = w.obtain(ctx, picture, w.original); err != nil {
		return imagefile.Info{}, err
	}
	transform, _ := w.file.transform()
	content, err := transform.Apply(ctx, w.original.content)
	if err != nil {
		return imagefile.Info{}, &transformError{err}
	}
	// What the plan has said of it has to be so.
	request.ExpectedSHA256 = w.file.SHA256.ValueString()
	info, err := w.shared.Media.Write(ctx, bytes.NewReader(content), request)
	if other := (*imagefile.HashMismatchError)(nil); errors.As(err, &other) {
		return imagefile.Info{}, &otherwiseMadeError{other}
	}
	return info, err
}

// fromDisk reads the picture from where it is.
func (o *original) fromDisk(_ context.Context, request imagefile.SaveRequest) (imagefile.Info, bool, error) {
	shared, sha256 := o.writing.shared, request.ExpectedSHA256
	if content, info, err := shared.storedPicture(sha256); err == nil {
		o.content = content
		return info, true, nil
	}
	content, info, found := pictureAt(sha256, o.writing.places(sha256))
	if found {
		o.keep(content)
	}
	return info, found, nil
}

func (o *original) fetch(ctx context.Context, request imagefile.SaveRequest) (imagefile.Info, error) {
	content, info, err := o.writing.shared.Media.Fetch(ctx, request)
	if err == nil {
		o.keep(content)
	}
	return info, err
}

// keep has the store keep the picture. That it can't is told of once.
func (o *original) keep(content []byte) {
	o.content = content
	if _, _, err := o.writing.shared.Store.Pictures().Put(bytes.NewReader(content)); err != nil {
		o.writing.shared.noteProblem(err)
	}
}

// pictureAt reads a picture from one of the places where it may be.
func pictureAt(sha256 string, places []string) ([]byte, imagefile.Info, bool) {
	for _, at := range places {
		if there, err := lookAt(at); err != nil || there.sha256 != sha256 {
			continue
		}
		content, err := os.ReadFile(at) //nolint:gosec // it is a file of this state, or in the way of one
		if err != nil {
			continue
		}
		if info, err := imagefile.Describe(content); err == nil && info.SHA256 == sha256 {
			return content, info, true
		}
	}
	return nil, imagefile.Info{}, false
}

func (s *Shared) storedPicture(sha256 string) ([]byte, imagefile.Info, error) {
	picture, err := s.Store.Pictures().Open(sha256)
	if err != nil {
		return nil, imagefile.Info{}, err
	}
	defer picture.Close() //nolint:errcheck // nothing was written to it
	content, err := io.ReadAll(picture)
	if err != nil {
		return nil, imagefile.Info{}, err
	}
	info, err := imagefile.Describe(content)
	return content, info, err
}

// canMakeAgain tells whether a file of an object in state was made of a picture that
// the store has. It is no last copy of anything then.
func (s *Shared) canMakeAgain(file imageFileModel, noted note) bool {
	if noted.Version == "" || file.SourceSHA256.IsNull() {
		return false
	}
	_, _, err := s.storedPicture(file.SourceSHA256.ValueString())
	return err == nil
}

// noteOriginal keeps in mind what the file was made of.
func (w *writing) noteOriginal(info imagefile.Info) {
	switch {
	case !w.file.derives():
		w.file.SourceSHA256 = types.StringValue(info.SHA256)
		w.noted.Version, w.noted.Original = "", nil
	case w.original == nil:
		// It was on disk as it was made before.
		w.file.SourceSHA256 = w.prior.SourceSHA256
	default:
		transform, _ := w.file.transform()
		w.file.SourceSHA256 = types.StringValue(w.original.SHA256)
		w.noted.Version, w.noted.Original = transform.Version(imagefile.Format(info.ContentType)), w.original.note()
	}
}

// note is nothing for a picture that is shown turned: what becomes of it depends on
// more than its size.
func (o *original) note() *pictureNote {
	width, height, err := imagefile.Displayed(o.content)
	if err != nil || int64(width) != o.Width || int64(height) != o.Height {
		return nil
	}
	return &pictureNote{Width: width, Height: height, Format: imagefile.Format(o.ContentType)}
}

// transformError says that no file could be made of a picture.
type transformError struct{ err error }

// Error says why.
func (e *transformError) Error() string { return e.err.Error() }

// Unwrap returns what went wrong.
func (e *transformError) Unwrap() error { return e.err }

// otherwiseMadeError says that the file is not as the plan has announced it.
type otherwiseMadeError struct{ hashes *imagefile.HashMismatchError }

// Error says what it is.
func (e *otherwiseMadeError) Error() string { return e.hashes.Error() }
