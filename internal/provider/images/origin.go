// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// Origin is who makes images: fal, or an emulator of it. Neither knows anything
// of the other's, so that a run doesn't judge what is of the other origin.
type Origin string

// The origins that there are.
const (
	OriginFal      Origin = "fal"
	OriginEmulator Origin = "emulator"
)

// unknownOrigin is that of an image which does not tell.
const unknownOrigin Origin = ""

// privateOrigin is the key under which private state keeps the origin of a
// request. Read never writes it: a refresh would not be without changes then.
const privateOrigin = "origin"

// Origins is where this run sends requests, and what it says of others.
type Origins struct {
	// Own is unknown while an address is.
	Own Origin
	// Bases are the addresses of this run.
	Bases  []string
	warned sync.Once
}

func (o *Origins) save(ctx context.Context, private privateWriter) diag.Diagnostics {
	return private.SetKey(ctx, privateOrigin, []byte(`"`+string(o.Own)+`"`))
}

// isForeign reports whether a request is known to be of another origin than this
// run's. A state of an older version tells by its URLs, or not at all.
func (o *Origins) isForeign(ctx context.Context, private privateReader, images func() []string) bool {
	if o.Own == unknownOrigin {
		return false
	}
	found := savedOrigin(ctx, private)
	if found == unknownOrigin {
		for _, address := range append(savedURLs(ctx, private), images()...) {
			if found = o.of(address); found != unknownOrigin {
				break
			}
		}
	}
	return found != unknownOrigin && found != o.Own
}

func savedOrigin(ctx context.Context, private privateReader) Origin {
	var saved Origin
	value, diags := private.GetKey(ctx, privateOrigin)
	if len(value) == 0 || diags.HasError() || json.Unmarshal(value, &saved) != nil {
		return unknownOrigin
	}
	return saved
}

func savedURLs(ctx context.Context, private privateReader) []string {
	var handle fal.Handle
	value, diags := private.GetKey(ctx, privateHandle)
	if len(value) == 0 || diags.HasError() || json.Unmarshal(value, &handle) != nil {
		return nil
	}
	return []string{handle.StatusURL, handle.ResponseURL, handle.CancelURL}
}

// of is whose an address is, if it tells. fal's own are known by their names, and
// are never without encryption.
func (o *Origins) of(address string) Origin {
	target, err := url.Parse(address)
	if err != nil || target.Host == "" {
		return unknownOrigin
	}
	for _, base := range o.Bases {
		if own, err := url.Parse(base); err == nil && own.Scheme == target.Scheme && strings.EqualFold(own.Host, target.Host) {
			return o.Own
		}
	}
	for _, name := range []string{"fal.run", "fal.ai", "fal.media"} {
		if host := strings.ToLower(target.Hostname()); host == name || strings.HasSuffix(host, "."+name) {
			return OriginFal
		}
	}
	if target.Scheme == "http" {
		return OriginEmulator
	}
	return unknownOrigin
}

// deleteForeign deletes an image of another origin, which can't be asked for anything.
// What an emulator has costs nothing, and is nobody's secret.
func (o *Origins) deleteForeign(image imageModel) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case o.Own == OriginFal:
	case image.Adopted.ValueBool():
		diags.Append(nothingErased(image)...)
	case image.DeletePayloadsOnDestroy.ValueBool() && !image.RequestID.IsNull():
		diags.Append(notErasedFromHere(image.RequestID.ValueString()))
	case image.Status.ValueString() != string(fal.Completed):
		diags.Append(notCancelledFromHere(image.RequestID.ValueString()))
	}
	return diags
}

// warnOnce warns about a request of another origin, once for all of them.
func (o *Origins) warnOnce(requestID string) diag.Diagnostics {
	var diags diag.Diagnostics
	o.warned.Do(func() { diags.Append(otherOrigin(o.Own, requestID)) })
	return diags
}
