// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"errors"
	"strings"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// bring has the content at the path: from disk if it is there already, since the URL
// may have expired, or else made of its picture, or as the picture comes.
func (w *writing) bring(ctx context.Context, wanted string) (imagefile.Info, error) {
	request := imagefile.SaveRequest{
		URL:            w.file.URL.ValueString(),
		Path:           w.file.Path.ValueString(),
		ExpectedSHA256: wanted,
		FileMode:       fileMode(w.file.FilePermission),
		DirMode:        fileMode(w.file.DirectoryPermission),
		Before:         w.replaces,
	}
	if err := w.refuse(wanted); err != nil {
		return imagefile.Info{}, err
	}
	if !w.file.derives() {
		return w.obtain(ctx, request, w)
	}
	if wanted != "" {
		if info, found, err := w.fromDisk(ctx, request); found {
			return info, err
		}
	}
	return w.derive(ctx, request)
}

// destination is where a picture goes: to the path, or into memory.
type destination interface {
	// fromDisk takes it from where it is on disk, and reports whether it was anywhere.
	fromDisk(ctx context.Context, request imagefile.SaveRequest) (imagefile.Info, bool, error)
	fetch(ctx context.Context, request imagefile.SaveRequest) (imagefile.Info, error)
}

// obtain takes a picture from the path itself, from the path of before, wherever else
// it was put, or from the store, if its hash is known. Else it is fetched, once for all
// files that want it.
func (w *writing) obtain(ctx context.Context, request imagefile.SaveRequest, into destination) (imagefile.Info, error) {
	wanted := request.ExpectedSHA256
	if wanted != "" {
		if info, found, err := into.fromDisk(ctx, request); found {
			return info, err
		}
	}
	if w.file.URL.IsNull() {
		return w.fromMirrors(ctx, request, into, errNoURL)
	}
	fetched, end, err := w.shared.fetched.begin(ctx, request.URL, w.shared.Now)
	if err != nil {
		return imagefile.Info{}, err
	}
	if fetched != "" && (wanted == "" || wanted == fetched) {
		known := request
		known.ExpectedSHA256 = fetched
		if info, found, err := into.fromDisk(ctx, known); found {
			return info, err
		}
	}
	info, err := into.fetch(ctx, request)
	end(info.SHA256)
	if err != nil && wanted != "" && ctx.Err() == nil && !errors.Is(err, imagefile.ErrPath) && !w.ownRefusal(err) {
		return w.fromMirrors(ctx, request, into, err)
	}
	return info, err
}

func (w *writing) fetch(ctx context.Context, request imagefile.SaveRequest) (imagefile.Info, error) {
	return w.shared.Media.Save(ctx, request)
}

var errNoURL = errors.New("url is null")

// ownRefusal tells whether this side has refused to replace what is there.
func (w *writing) ownRefusal(err error) bool {
	foreign, notKept := (*foreignError)(nil), (*notKeptError)(nil)
	return errors.As(err, &foreign) || errors.As(err, &notKept) || errors.Is(err, errPathTaken)
}

// fromMirrors asks others for content whose hash is known.
func (w *writing) fromMirrors(ctx context.Context, request imagefile.SaveRequest, into destination, first error) (imagefile.Info, error) {
	failed := &mirrorsError{first: first}
	for _, mirror := range w.file.mirrorURLs() {
		request.URL = mirror
		info, err := into.fetch(ctx, request)
		if err == nil || ctx.Err() != nil || errors.Is(err, imagefile.ErrPath) || w.ownRefusal(err) {
			return info, err
		}
		failed.mirrors = append(failed.mirrors, err)
	}
	if len(failed.mirrors) == 0 {
		return imagefile.Info{}, first
	}
	return imagefile.Info{}, failed
}

// mirrorsError is what the URL and its mirrors failed with.
type mirrorsError struct {
	first   error
	mirrors []error
}

// Error has all of them.
func (e *mirrorsError) Error() string {
	texts := []string{e.first.Error()}
	for _, err := range e.mirrors {
		texts = append(texts, "mirror: "+err.Error())
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns what the URL failed with.
func (e *mirrorsError) Unwrap() error { return e.first }

// fromDisk takes the content from where it is on disk, and reports whether it was
// anywhere.
func (w *writing) fromDisk(ctx context.Context, request imagefile.SaveRequest) (imagefile.Info, bool, error) {
	for _, at := range w.places(request.ExpectedSHA256) {
		if there, err := lookAt(at); err != nil || there.sha256 != request.ExpectedSHA256 {
			continue
		}
		info, err := w.shared.Media.Copy(ctx, at, request)
		if !errors.Is(err, imagefile.ErrHashMismatch) {
			return info, true, err
		}
	}
	picture, err := w.shared.Store.Pictures().Open(request.ExpectedSHA256)
	if err != nil {
		return imagefile.Info{}, false, nil //nolint:nilerr // the URL may still have it
	}
	defer picture.Close() //nolint:errcheck // nothing was written to it
	info, err := w.shared.Media.Write(ctx, picture, request)
	return info, true, err
}

// places are where some content may be on disk, other than in the store.
func (w *writing) places(sha256 string) []string {
	places := []string{w.file.Path.ValueString()}
	if w.prior != nil {
		places = append(places, w.prior.Path.ValueString())
	}
	standing, _ := w.shared.Store.Index().Standing(sha256) // without it, there are other places
	return append(places, standing...)
}
