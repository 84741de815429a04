// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

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
func fileNotWritten(file imageFileModel, prior *imageFileModel, source, whatStands, storeFolder string, err error) diag.Diagnostic {
	at := file.Path.ValueString()
	attempt := fmt.Sprintf("The image could not be put at %s: %s.", at, diagnostics.Sentence(err))
	var other *imagefile.HashMismatchError
	switch {
	case errors.Is(err, context.Canceled):
		return diag.NewErrorDiagnostic("Image File Interrupted", fmt.Sprintf(
			"The run was interrupted before the image was at %s. Nothing was written, and a file that was there is still there. Apply again.", at))
	case errors.Is(err, imagefile.ErrPath):
		return diag.NewAttributeErrorDiagnostic(path.Root("path"), "Unusable Path", diagnostics.Detail(attempt, "Nothing was written, and nothing has to be generated again."))
	case errors.As(err, &other) && file.ExpectedSHA256.IsNull():
		return otherImage(file, other)
	case errors.As(err, &other):
		return diag.NewAttributeErrorDiagnostic(path.Root("expected_sha256"), "Unexpected Image", diagnostics.Detail(
			fmt.Sprintf("The image for %s has SHA-256 %s; expected_sha256 wants %s. Nothing was written.", at, other.Actual, other.Expected),
			"Check where the URL comes from. If the image is the right one, change expected_sha256."))
	case errors.Is(err, imagefile.ErrGone) && prior != nil && file.keepsPicture(*prior, source) && !prior.SourceSHA256.IsNull():
		where := "put it at the path, or add its address to mirrors."
		if file.derives() {
			where = "add its address to mirrors."
		}
		return diag.NewAttributeErrorDiagnostic(path.Root("url"), "Image Gone at Its URL", diagnostics.Detail(attempt,
			fmt.Sprintf("If there is a copy of the %s elsewhere, with SHA-256 %s, %s", pictureOf(file), prior.SourceSHA256.ValueString(), where)+
				ignoreAdvice(file)+" Only if there is no copy at all, generate a new image, which is paid for."))
	}
	advice := whatStands
	if errors.Is(err, imagefile.ErrGone) {
		advice += fmt.Sprintf("A picture that was on this disk before may be in %s: the name of each file there is its SHA-256, and a picture comes back from there with expected_sha256 set to it. "+
			"Or change url to where there is a copy. Only if there is none at all, generate a new image, which is paid for.", filepath.Join(storeFolder, "blobs"))
	}
	network := diagnostics.NetworkAdvice(err)
	if network != "" {
		network += " To fetch the image again costs nothing."
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("url"), "Image Not Fetched", diagnostics.Detail(attempt, "Nothing was written.", network, advice))
}

// pictureOf is what comes from the URL, as a message calls it.
func pictureOf(file imageFileModel) string {
	if file.derives() {
		return "picture that the file is made of"
	}
	return "file"
}

// otherImage says that a URL has changed its mind.
func otherImage(file imageFileModel, hashes *imagefile.HashMismatchError) diag.Diagnostic {
	advice := "To have the new image, run terraform apply -replace=ADDRESS. To keep the old one, put a copy of it at the path, or add the address of a copy to mirrors."
	if file.derives() {
		advice = "To have the new image, run terraform apply -replace=ADDRESS. To keep the old one, add the address of a copy to mirrors."
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("url"), "URL Brings Another Image", diagnostics.Detail(
		fmt.Sprintf("The file is to be put at %s, but its URL now brings an image with SHA-256 %s; the %s had %s. "+
			"Nothing was written, since whatever is built on the file counts on its content.", file.Path.ValueString(), hashes.Actual, pictureOf(file), hashes.Expected),
		advice))
}

// notTransformed says that nothing could be made of a picture that is there.
func notTransformed(at string, err *transformError) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("transform"), "Picture Not Transformed", diagnostics.Detail(
		fmt.Sprintf("The file for %s could not be made of its picture: %s.", at, diagnostics.Sentence(err)),
		"Nothing was written."))
}

// noEncoder says that this program can't write a format.
func noEncoder(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("transform").AtName("format"), "Format Not Built In", "The file can't be made: "+diagnostics.Sentence(err)+".")
}

// otherwiseMade says that a plan does not hold.
func otherwiseMade(at string, hashes *imagefile.HashMismatchError) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("transform"), "File Not as Planned", diagnostics.Detail(
		fmt.Sprintf("The plan has said that the file at %s will have SHA-256 %s, but what is made of the picture now has %s. Another version of the provider has made the file, or the plan. Nothing was written.", at, hashes.Expected, hashes.Actual),
		"Plan and apply again. If the same is said again, run terraform apply -replace=ADDRESS, which generates nothing."))
}

// ignoreAdvice offers what is not chosen already.
func ignoreAdvice(file imageFileModel) string {
	if file.ignoresMissing() {
		return ""
	}
	return " If the file need not be on this machine, set on_missing = \"ignore\"."
}

// noImageToFetch is a warning in the plan, which must not fail for it: all that
// stands beside it would have to wait.
func noImageToFetch(at string, apply bool) diag.Diagnostic {
	const summary = "No Image to Fetch"
	said := fmt.Sprintf("url is null, so there is no image to put at %s.", at)
	why := "Look at the resource that url refers to. If it is a flux2_image or a flux2_image_result, its attribute error says why there is no image. Change the prompt or another input of the image, or leave this file out."
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
		what = fmt.Sprintf("The file at %s has an image from another server: it comes from %s, and the images of this run come from %s.", foreign.path, serverOf(foreign.noted.Origin), serverOf(foreign.origin))
		advice = "For tests and previews on an emulator, use paths in a folder of their own. " + advice
	case foreign.isImage && foreign.moves:
		advice = "If the resource that had this path is gone from the configuration, apply that first. " + advice
	case foreign.isImage:
		advice = "If the resource has a new name in the configuration, add a moved block. If the image is the right one, import it: terraform import ADDRESS " + foreign.path + ". " + advice
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("path"), "Another File at the Path", diagnostics.Detail(what+" It is not replaced.", advice))
}

// serverOf is what people call a kind of server.
func serverOf(origin string) string {
	if origin == "emulator" {
		return "an emulator"
	}
	return cmp.Or(origin, "an unknown one")
}

// fileNotKept is an error: what stands might be the last copy.
func fileNotKept(err *notKeptError) diag.Diagnostic {
	return diag.NewErrorDiagnostic("File Not Replaced", diagnostics.Detail(
		fmt.Sprintf("The file at %s may be the only copy of its image. So a copy of it has to be in the folder %s before it is replaced, and that failed: %s. The file is still there, and nothing was written.", err.at, err.folder, diagnostics.Sentence(err.err)),
		"Free space on that disk, or make the folder writable, or set image_store in the provider block to another folder. Then apply again."))
}

// fileLeftUnkept is the same where a file would be deleted.
func fileLeftUnkept(err *notKeptError) diag.Diagnostic {
	return diag.NewWarningDiagnostic("File Left Alone", diagnostics.Detail(
		fmt.Sprintf("The file at %s is not needed any more, but it may be the only copy of its image. So a copy of it has to be in the folder %s before it is removed, and that failed: %s. The file was left, and the resource is no longer in the state.", err.at, err.folder, diagnostics.Sentence(err.err)),
		"Remove the file by hand if nobody needs it."))
}

// storeUnusable warns once that the index is not kept up.
func storeUnusable(folder string, problem error) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Image Store Not Usable", diagnostics.Detail(
		fmt.Sprintf("The provider notes which file it has put where in the folder %s. That failed: %s.", folder, diagnostics.Sentence(problem)),
		"This run goes on. A later run may not recognize files of this state, and refuse to replace them. "+
			"Make the folder writable, or set image_store in the provider block to another folder."))
}

func editedFileReplaced(at, storeFolder string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), "Changed File Will Be Replaced", fmt.Sprintf(
		"The file at %s is not the one that was put there: somebody has changed it. The apply replaces it. A copy of what is there now is kept in %s.", at, storeFolder))
}

// otherFileReplaced warns of what may be the source of the image, such as its prompt.
func otherFileReplaced(at, storeFolder string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), "File That Is No Image Will Be Replaced", fmt.Sprintf(
		"There is a file at %s, and it is not an image. Since overwrite is set, the apply replaces it. A copy of what is there now is kept in %s. If the file is to stay, use another path.", at, storeFolder))
}

func pathsDifferInCase(at string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), "Paths Differ Only in Case", fmt.Sprintf(
		"The path %s and that of another flux2_image_file differ only in upper and lower case. On macOS and Windows, the two are one file. Give each a path of its own.", at))
}

// fileAndFolder is an error where it is certain that the other is of the same plan.
func fileAndFolder(at, other string, certain bool) diag.Diagnostic {
	const summary = "Path Inside of a File"
	said := fmt.Sprintf("Another flux2_image_file of this plan has the path %s. It and %s can't both be files: one of them would have to be a folder. Give each a path of its own.", other, at)
	if certain {
		return diag.NewAttributeErrorDiagnostic(path.Root("path"), summary, said)
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), summary, said+" In the apply, one of them will be an error.")
}

// endingContradicts warns of a file that programs may take for another kind.
func endingContradicts(at, contentType string, derived bool) diag.Diagnostics {
	problem := imagefile.EndingProblem(at, contentType)
	if problem == "" {
		return nil
	}
	advice := "Change the path, which costs nothing. A change of output_format generates a new image, which is paid for."
	if derived {
		advice = "Change the path or the format of transform, which costs nothing."
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("path"), "Ending Contradicts the Image", fmt.Sprintf(
		"Look at %s: %s. Web servers go by the ending. %s", at, problem, advice))}
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

// pathTakesTurns is a warning, as the other one may be about to leave.
func pathTakesTurns(at string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), "Path Used Twice", fmt.Sprintf(
		"The file that is at %s now was put there for another flux2_image_file of this state. The apply replaces it, and keeps a copy. "+
			"If two resources with different provider configurations have this path, each apply replaces the file of the other: give each a path of its own. "+
			"If not, there is nothing to do.", at))
}

// fileNotRead is a warning: the last known value stands.
func fileNotRead(err error) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("path"), "Image File Not Read", diagnostics.Detail(
		fmt.Sprintf("It is not known whether the image is still on disk: %s.", diagnostics.Sentence(err)),
		"It is taken to be as it was. Give the user that runs this the permission to read it."))
}

func fileNotRemoved(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Image File Not Removed", diagnostics.Detail(
		fmt.Sprintf("The image file is not needed any more, and could not be removed: %s.", diagnostics.Sentence(err)),
		"Give the user that runs this the permission to remove it, and apply again. Or take it out of the state with terraform state rm ADDRESS, and remove it by hand."))
}

func fileLeft(at string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("File Left Alone", fmt.Sprintf(
		"The file at %s is not needed any more. Somebody has changed it, or it can't be read, so it was left. Remove it by hand if nobody needs it.", at))
}

func noFileToImport(at string, err error) diag.Diagnostic {
	said := diagnostics.Sentence(err)
	if errors.Is(err, imagefile.ErrNotAnImage) {
		// What is told of content is for what comes from a URL.
		said = fmt.Sprintf("the file at %s is not a PNG, JPEG, WebP or AVIF image, or is damaged", at)
	}
	return diag.NewErrorDiagnostic("Nothing to Import", diagnostics.Detail(
		fmt.Sprintf("There is no image file to take over: %s.", said),
		"An image file is imported by its path, as in the configuration; a relative one counts from the engine's working directory."))
}
