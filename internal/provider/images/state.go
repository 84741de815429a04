// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// privateHandle is the key under which private state keeps the URLs that fal
// returned for a request. They are bookkeeping: without them, the handle is
// rebuilt from the ids in state.
const privateHandle = "handle"

// privateDestroyed is the key under which a plan tells Delete that nothing takes
// the object's place. Engines plan a destruction, but not the first half of the
// replacement of a tainted object.
const privateDestroyed = "destroyed"

// privateUntainted is the key under which a plan tells Delete that the object is
// not tainted: whoever replaces it asks for a new image.
const privateUntainted = "untainted"

// privateCancelAsked is the key under which Create notes that fal was asked to
// cancel the request, and had not confirmed it when the run ended.
const privateCancelAsked = "cancel_asked"

// privateAnswer is the key under which it is noted what fal said in place of a result,
// where the same in another run is the second sign that there is none: a refresh asks
// only once.
const privateAnswer = "answer"

type notedAnswer struct {
	Answer string    `json:"answer"`
	At     time.Time `json:"at"`
}

func (n notedAnswer) save(ctx context.Context, private privateWriter) diag.Diagnostics {
	value, err := json.Marshal(n)
	if err != nil {
		return nil
	}
	return private.SetKey(ctx, privateAnswer, value)
}

func answerOf(ctx context.Context, private privateReader) notedAnswer {
	var noted notedAnswer
	if value, _ := private.GetKey(ctx, privateAnswer); json.Unmarshal(value, &noted) != nil {
		return notedAnswer{}
	}
	return noted
}

func noteCancellation(ctx context.Context, private privateWriter) diag.Diagnostics {
	return private.SetKey(ctx, privateCancelAsked, []byte("true"))
}

func cancellationAsked(ctx context.Context, private privateReader) bool {
	asked, diags := private.GetKey(ctx, privateCancelAsked)
	return len(asked) > 0 && !diags.HasError()
}

func markDestroyed(ctx context.Context, private privateWriter) diag.Diagnostics {
	return private.SetKey(ctx, privateDestroyed, []byte("true"))
}

// isMarked reports whether a plan has left a mark. A mark that can't be read
// counts: nothing is handed over then.
func isMarked(ctx context.Context, private privateReader, mark string) bool {
	found, diags := private.GetKey(ctx, mark)
	return len(found) > 0 || diags.HasError()
}

// saveImage writes state and identity together, so that no path can set one
// and forget the other.
func saveImage(ctx context.Context, state *tfsdk.State, identity *tfsdk.ResourceIdentity, image imageModel) diag.Diagnostics {
	image.ID = image.RequestID
	object, diags := attributes.Encode(ctx, state.Schema, image)
	if !diags.HasError() {
		state.Raw = object
	}
	if identity != nil {
		diags.Append(identity.Set(ctx, image.identity())...)
	}
	return diags
}

// privateWriter and privateReader are what the framework offers of private
// state; its own type is internal.
type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

func saveHandle(ctx context.Context, private privateWriter, handle fal.Handle) diag.Diagnostics {
	value, err := json.Marshal(handle)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Request URLs Not Saved",
			"The request was accepted, but its URLs could not be written to private state: "+err.Error()+".")}
	}
	return private.SetKey(ctx, privateHandle, value)
}

// handleOf returns the handle of an image's request: the saved one, or one
// rebuilt from the ids if nothing was saved for this request.
func (s *Shared) handleOf(ctx context.Context, private privateReader, image imageModel) (fal.Handle, diag.Diagnostics) {
	value, diags := private.GetKey(ctx, privateHandle)
	var saved fal.Handle
	if len(value) > 0 && json.Unmarshal(value, &saved) == nil && saved.RequestID == image.RequestID.ValueString() {
		// It may have been written under another configuration.
		if restored, err := s.Client.Restore(ctx, saved); err == nil {
			return restored, diags
		}
	}
	handle, attachDiags := s.attach(image.EndpointID.ValueString(), image.RequestID.ValueString())
	diags.Append(attachDiags...)
	return handle, diags
}

// attach finds the handle of a request by its ids.
func (s *Shared) attach(endpointID, requestID string) (fal.Handle, diag.Diagnostics) {
	handle, err := s.Service.HandleOf(endpointID, requestID)
	if err != nil {
		said := "The ids " + endpointID + " and " + requestID + " do not name a request at fal: " + err.Error() + "."
		if attributes.LooksLikeSecret(endpointID) || strings.Contains(requestID, ":") {
			said = "What is given as an id is none, and not shown here since it may be an API key. Request ids consist of letters, digits, dots, underscores and hyphens."
		}
		return fal.Handle{}, diag.Diagnostics{diag.NewErrorDiagnostic("Invalid Request Reference", said)}
	}
	return handle, nil
}
