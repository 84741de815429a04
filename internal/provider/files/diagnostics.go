// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
)

func unusablePath(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("path"), "Unusable Path", "The file can't be written there: "+diagnostics.Sentence(err)+".")
}

func unusableURL(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("url"), "Unusable Image URL", "The image can't be fetched: "+diagnostics.Sentence(err)+".")
}

// fileNotWritten says what is wrong with the path, the URL or what came from
// it. The state of before stands, so that the next plan tries again.
func fileNotWritten(file imageFileModel, prior *imageFileModel, err error) diag.Diagnostic {
	attempt := fmt.Sprintf("The image could not be put at %s: %s.", file.Path.ValueString(), diagnostics.Sentence(err))
	var other *imagefile.HashMismatchError
	switch {
	case errors.Is(err, context.Canceled):
		return diag.NewErrorDiagnostic("Image File Interrupted", fmt.Sprintf(
			"The run was interrupted before the image was at %s. Nothing was written. Apply again.", file.Path.ValueString()))
	case errors.Is(err, imagefile.ErrPath):
		return diag.NewAttributeErrorDiagnostic(path.Root("path"), "Unusable Path", diagnostics.Detail(attempt, "Nothing was written, and nothing has to be generated again."))
	case errors.As(err, &other) && file.ExpectedSHA256.IsNull():
		return diag.NewAttributeErrorDiagnostic(path.Root("url"), "URL Brings Another Image", diagnostics.Detail(
			fmt.Sprintf("The file is to be put back at %s, but its URL now brings an image with SHA-256 %s; the file had %s. "+
				"Nothing was written, since whatever is built on the file counts on its content.", file.Path.ValueString(), other.Actual, other.Expected),
			"To have the new image, run terraform apply -replace=ADDRESS. To keep the old one, put a copy of it at the path."))
	case errors.As(err, &other):
		return diag.NewAttributeErrorDiagnostic(path.Root("expected_sha256"), "Unexpected Image", diagnostics.Detail(
			fmt.Sprintf("The image for %s has SHA-256 %s; expected_sha256 wants %s. Nothing was written.", file.Path.ValueString(), other.Actual, other.Expected),
			"Check where the URL comes from. If the image is the right one, change expected_sha256."))
	case errors.Is(err, imagefile.ErrGone) && prior != nil && file.keepsContent(*prior):
		return diag.NewAttributeErrorDiagnostic(path.Root("url"), "Image Gone at Its URL", diagnostics.Detail(attempt,
			fmt.Sprintf("If there is a copy of the file elsewhere, with SHA-256 %s, put it at the path: the next plan then has nothing to do. "+
				"Otherwise generate the image anew, which is paid for.", prior.SHA256.ValueString())))
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("url"), "Image Not Fetched", diagnostics.Detail(attempt, "Nothing was written, and what was on disk is still there."))
}

// pathPlannedTwice is an error where it is certain that nothing is counted twice.
func pathPlannedTwice(at string, certain bool) diag.Diagnostic {
	const summary = "Path Used Twice"
	said := fmt.Sprintf("Another flux2_image_file of this plan is to be created at %s. Give each a path of its own, for instance with each.key or count.index in it.", at)
	if certain {
		return diag.NewAttributeErrorDiagnostic(path.Root("path"), summary, said)
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), summary, said+" In the apply, one of them will be an error.")
}

func pathTaken(at string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("path"), "Path Used Twice", fmt.Sprintf(
		"Another flux2_image_file of this run has written to %s. Give each a path of its own, for instance with each.key or count.index in it.", at))
}

// fileNotRead is a warning: the last known value stands.
func fileNotRead(err error) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), "Image File Not Read", diagnostics.Detail(
		fmt.Sprintf("Nobody can tell whether the image is still on disk: %s.", diagnostics.Sentence(err)),
		"It is taken to be as it was. Give the user that runs this the permission to read it."))
}

func fileNotRemoved(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Image File Not Removed", diagnostics.Detail(
		fmt.Sprintf("The image file is not wanted any more and could not be removed: %s.", diagnostics.Sentence(err)),
		"Give the user that runs this the permission, or drop the file from the state with terraform state rm and remove it by hand."))
}

func fileLeft(at string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("File Left Alone", fmt.Sprintf(
		"What is at %s is not, or can't be shown to be, the image that was put there, so it was left. Remove it by hand if nobody needs it.", at))
}

func noFileToImport(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Nothing to Import", diagnostics.Detail(
		fmt.Sprintf("There is no image file to take over: %s.", diagnostics.Sentence(err)),
		"An image file is imported by its path, as in the configuration; a relative one counts from the engine's working directory."))
}
