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

func unusableURL(at path.Path, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Unusable Image URL", "The image can't be fetched: "+diagnostics.Sentence(err)+".")
}

// fileNotWritten says what is wrong with the path, the URL or what came from it.
func fileNotWritten(file imageFileModel, prior *imageFileModel, source, whatStands string, err error) diag.Diagnostic {
	at := file.Path.ValueString()
	attempt := fmt.Sprintf("The image could not be put at %s: %s.", at, diagnostics.Sentence(err))
	var other *imagefile.HashMismatchError
	switch {
	case errors.Is(err, context.Canceled):
		return diag.NewErrorDiagnostic("Image File Interrupted", fmt.Sprintf(
			"The run was interrupted before the image was at %s. Nothing was written. Apply again.", at))
	case errors.Is(err, imagefile.ErrPath):
		return diag.NewAttributeErrorDiagnostic(path.Root("path"), "Unusable Path", diagnostics.Detail(attempt, "Nothing was written, and nothing has to be generated again."))
	case errors.As(err, &other) && file.ExpectedSHA256.IsNull():
		return diag.NewAttributeErrorDiagnostic(path.Root("url"), "URL Brings Another Image", diagnostics.Detail(
			fmt.Sprintf("The file is to be put back at %s, but its URL now brings an image with SHA-256 %s; the file had %s. "+
				"Nothing was written, since whatever is built on the file counts on its content.", at, other.Actual, other.Expected),
			"To have the new image, run terraform apply -replace=ADDRESS. To keep the old one, put a copy of it at the path, or name where there is one in mirrors."))
	case errors.As(err, &other):
		return diag.NewAttributeErrorDiagnostic(path.Root("expected_sha256"), "Unexpected Image", diagnostics.Detail(
			fmt.Sprintf("The image for %s has SHA-256 %s; expected_sha256 wants %s. Nothing was written.", at, other.Actual, other.Expected),
			"Check where the URL comes from. If the image is the right one, change expected_sha256."))
	case errors.Is(err, imagefile.ErrGone) && prior != nil && file.keepsContent(*prior, source):
		return diag.NewAttributeErrorDiagnostic(path.Root("url"), "Image Gone at Its URL", diagnostics.Detail(attempt,
			fmt.Sprintf("If there is a copy of the file elsewhere, with SHA-256 %s, put it at the path, or its address in mirrors. "+
				"If the file need not be here, set on_missing = \"ignore\". Only otherwise generate the image anew, which is paid for.", prior.SHA256.ValueString())))
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("url"), "Image Not Fetched", diagnostics.Detail(attempt, "Nothing was written.", whatStands))
}

// noImageToFetch is a warning in the plan, which must not fail for it: all that
// stands beside it would have to wait.
func noImageToFetch(at string, apply bool) diag.Diagnostic {
	const summary = "No Image to Fetch"
	said := fmt.Sprintf("url is null, so there is nothing to put at %s.", at)
	why := "Look at what url refers to: a flux2_image or flux2_image_result without an image says why in its attribute error. Change its input, or leave this file out for as long."
	if apply {
		return diag.NewAttributeErrorDiagnostic(path.Root("url"), summary, diagnostics.Detail(said+" Nothing was written.", why))
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("url"), summary, diagnostics.Detail(said+" The apply will fail for this file, and for nothing else.", why))
}

// fileInTheWay says that what stands at the path stays.
func fileInTheWay(foreign *foreignError, storeFolder string) diag.Diagnostic {
	what := fmt.Sprintf("There is a file at %s, and it is not an image.", foreign.path)
	if foreign.isImage {
		what = fmt.Sprintf("There is an image at %s that no flux2_image_file of this state is known to have put there.", foreign.path)
	}
	advice := "To have it replaced all the same, set overwrite = true; a copy of it is then kept in " + storeFolder + ". Otherwise use another path."
	switch {
	case foreign.otherOwner:
		what = fmt.Sprintf("The file at %s belongs to another state: %s.", foreign.path, foreign.noted.Owner)
		advice = "Give each workspace and each configuration a folder of its own, for instance with terraform.workspace in the path. " + advice
	case foreign.otherKind:
		what = fmt.Sprintf("The file at %s was put there by a run on another server: its image comes from %s, and those of this run from %s.", foreign.path, foreign.noted.Origin, foreign.origin)
		advice = "For tests and previews on an emulator, use paths in a folder of their own. " + advice
	case foreign.isImage:
		advice = "If the resource has a new name, add a moved block. If the image is the right one, import it: terraform import ADDRESS " + foreign.path + ". " + advice
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("path"), "Another File at the Path", diagnostics.Detail(what+" It is not replaced.", advice))
}

// fileNotKept is an error: what stands might be the last copy.
func fileNotKept(err *notKeptError) diag.Diagnostic {
	return diag.NewErrorDiagnostic("File Not Replaced", diagnostics.Detail(
		fmt.Sprintf("What is at %s would be replaced, and it may be the only copy. It can't be kept in the folder %s first: %s. Nothing was written.", err.at, err.folder, diagnostics.Sentence(err.err)),
		"Make room there, or make the folder writable, or set image_store in the provider block to a folder that is. Then apply again."))
}

// fileLeftUnkept is the same where a file would be deleted.
func fileLeftUnkept(err *notKeptError) diag.Diagnostic {
	return diag.NewWarningDiagnostic("File Left Alone", diagnostics.Detail(
		fmt.Sprintf("The file at %s is not wanted any more. It may be the only copy of its image, and can't be kept in the folder %s: %s. So it was left.", err.at, err.folder, diagnostics.Sentence(err.err)),
		"Remove it by hand if nobody needs it."))
}

// storeUnusable warns once that the index is not kept up.
func storeUnusable(folder string, problem error) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Image Store Not Usable", diagnostics.Detail(
		fmt.Sprintf("The provider notes which file it has put where in the folder %s. That failed: %s.", folder, diagnostics.Sentence(problem)),
		"This run goes on. Later ones may take a file of this state for somebody else's, and refuse to replace it. "+
			"Make the folder writable, or set image_store in the provider block to a folder that is."))
}

func editedFileReplaced(at, storeFolder string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), "Changed File Will Be Replaced", fmt.Sprintf(
		"The file at %s is not the one that was put there: somebody has changed it. The apply replaces it. A copy of what is there now is kept in %s.", at, storeFolder))
}

func pathsDifferInCase(at string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), "Paths Differ Only in Case", fmt.Sprintf(
		"Another flux2_image_file has the path %s but for upper and lower case. On macOS and Windows that is one file. Give each a path of its own.", at))
}

// endingContradicts warns of a file that programs may take for another kind.
func endingContradicts(at, contentType string) diag.Diagnostics {
	problem := imagefile.EndingProblem(at, contentType)
	if problem == "" {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("path"), "Ending Contradicts the Image", fmt.Sprintf(
		"At %s, %s. Web servers go by the ending. Change the path, or output_format of the image, which generates and bills a new one.", at, problem))}
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
		"Another flux2_image_file has the path %s. Give each a path of its own, for instance with each.key or count.index in it.", at))
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
