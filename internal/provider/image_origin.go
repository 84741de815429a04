// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// origin is who makes images: fal, or an emulator of it. Neither knows anything
// of the other's, so that a run doesn't judge what is of the other origin.
type origin string

const (
	unknownOrigin  origin = ""
	originFal      origin = "fal"
	originEmulator origin = "emulator"
)

// privateOrigin is the key under which private state keeps the origin of a
// request. Read never writes it: a refresh would not be without changes then.
const privateOrigin = "origin"

// origins is where this run sends requests, and what it says of others.
type origins struct {
	own origin
	// bases are the addresses of this run.
	bases  []string
	warned sync.Once
}

func (o *origins) save(ctx context.Context, private privateWriter) diag.Diagnostics {
	return private.SetKey(ctx, privateOrigin, []byte(`"`+string(o.own)+`"`))
}

// isForeign reports whether a request is known to be of another origin than this
// run's. A state of an older version tells by its URLs, or not at all.
func (o *origins) isForeign(ctx context.Context, private privateReader, images func() []string) bool {
	if o.own == unknownOrigin {
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
	return found != unknownOrigin && found != o.own
}

func savedOrigin(ctx context.Context, private privateReader) origin {
	var saved origin
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
func (o *origins) of(address string) origin {
	target, err := url.Parse(address)
	if err != nil || target.Host == "" {
		return unknownOrigin
	}
	for _, base := range o.bases {
		if own, err := url.Parse(base); err == nil && own.Scheme == target.Scheme && strings.EqualFold(own.Host, target.Host) {
			return o.own
		}
	}
	for _, name := range []string{"fal.run", "fal.ai", "fal.media"} {
		if host := strings.ToLower(target.Hostname()); host == name || strings.HasSuffix(host, "."+name) {
			return originFal
		}
	}
	if target.Scheme == "http" {
		return originEmulator
	}
	return unknownOrigin
}

// deleteForeign deletes an image of another origin, which can't be asked for anything.
// What an emulator has costs nothing, and is nobody's secret.
func (o *origins) deleteForeign(image imageModel) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case o.own == originFal || image.Adopted.ValueBool():
	case image.DeletePayloadsOnDestroy.ValueBool() && !image.RequestID.IsNull():
		diags.Append(notErasedFromHere(image.RequestID.ValueString()))
	case image.Status.ValueString() != string(fal.Completed):
		diags.Append(notCancelledFromHere(image.RequestID.ValueString()))
	}
	return diags
}

// warnOnce warns about a request of another origin, once for all of them.
func (o *origins) warnOnce(requestID string) diag.Diagnostics {
	var diags diag.Diagnostics
	o.warned.Do(func() { diags.Append(otherOrigin(o.own, requestID)) })
	return diags
}
