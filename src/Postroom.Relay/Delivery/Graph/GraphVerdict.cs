using Postroom.Mail;
using Postroom.Mail.Status;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>What a request is part of: it says whom a refusal is about.</summary>
internal enum GraphStep
{
    /// <summary>It makes Graph send, or asks whether it would.</summary>
    Send,

    /// <summary>It builds a draft, which needs a permission that other mail does without.</summary>
    Draft,

    /// <summary>It carries a piece of an attachment, to an address with a permit of its own.</summary>
    Upload,
}

/// <summary>Turns an error of Graph into a failure: a table, first row that fits.</summary>
/// <remarks>
/// The codes are those that Microsoft documents for Graph and for Exchange Web Services, whose names Graph passes on.
/// What is not in it waits for itself: words we do not know make no bounce at once.
/// </remarks>
internal static class GraphVerdict
{
    // 0 and null fit anything.
    private sealed record Row(Fault Fault, EnhancedStatus Status, int Code = 0, string? Word = null);

    private static readonly Row[] Rows =
    [
        // The sender's address: a mail from another goes, so the lane must not stand still; and somebody may yet give
        // the right to send as it, so the mail waits.
        new(Fault.Message, new(4, 7, 1), Word: "ErrorSendAsDenied"),

        // A used-up quota, a mailbox full of sent mail, a blocked account: as good tomorrow, for all mail.
        new(Fault.Account, new(4, 3, 2), Word: "ErrorExceededMessageLimit"),
        new(Fault.Account, new(4, 3, 2), Word: "ErrorExceededHourlyMessageLimit"),
        new(Fault.Account, new(4, 3, 2), Word: "ErrorSubmissionQuotaExceeded"),
        new(Fault.Account, new(4, 2, 2), Word: "ErrorQuotaExceeded"),
        new(Fault.Account, new(4, 2, 2), Word: "MailboxFull"),
        new(Fault.Account, new(4, 2, 2), Word: "quotaLimitReached"),
        new(Fault.Account, new(5, 7, 1), Word: "ErrorMessageSubmissionBlocked"),
        new(Fault.Account, new(5, 7, 1), Word: "ErrorAccountSuspend"),
        new(Fault.Account, new(5, 7, 1), Word: "extensionError"),

        // The mailbox that sends: not there, not in the cloud, without a licence.
        new(Fault.Account, new(5, 2, 1), Word: "ErrorInvalidUser"),
        new(Fault.Account, new(5, 2, 1), Word: "ErrorNonExistentMailbox"),
        new(Fault.Account, new(5, 2, 1), Word: "ErrorAccountDisabled"),
        new(Fault.Account, new(5, 2, 1), Word: "MailboxNotEnabledForRESTAPI"),
        new(Fault.Account, new(5, 2, 1), Word: "MailboxNotSupportedForRESTAPI"),

        // The mail itself.
        new(Fault.Message, new(5, 3, 4), Code: 413),
        new(Fault.Message, new(5, 3, 4), Word: "ErrorMessageSizeExceeded"),
        new(Fault.Message, new(5, 3, 4), Word: "ErrorAttachmentSizeLimitExceeded"),
        new(Fault.Message, new(5, 5, 3), Word: "ErrorExceededMaxRecipientLimit"),
        new(Fault.Message, new(5, 1, 3), Word: "ErrorInvalidRecipients"),
        new(Fault.Message, new(5, 6, 0), Word: "ErrorMimeContentInvalid"),
        new(Fault.Message, new(5, 6, 0), Word: "ErrorMimeContentInvalidBase64String"),
        new(Fault.Message, new(5, 6, 0), Word: "ErrorMimeContentConversionFailed"),

        new(Fault.Account, new(5, 7, 8), Code: 401),
        new(Fault.Account, new(5, 7, 1), Code: 403),
        new(Fault.Account, new(5, 7, 1), Code: 402),
        new(Fault.Account, new(5, 2, 1), Code: 404),
        new(Fault.Account, new(4, 2, 2), Code: 507),
        new(Fault.Message, new(4, 5, 0), Code: 400),
        new(Fault.Message, new(4, 5, 0), Code: 422),

        // Throttled or down. Not the account's fault even where it is the account that is throttled: Graph says when to
        // go on, and the probes of a refused account are minutes apart.
        new(Fault.NextHop, new(4, 3, 2), Code: 429),
        new(Fault.NextHop, new(4, 3, 2), Code: 503),
        new(Fault.NextHop, new(4, 3, 2), Code: 509),
        new(Fault.NextHop, new(4, 4, 2), Code: 504),
        new(Fault.NextHop, new(4, 3, 0)),
    ];

    /// <param name="words">Of the answer, as one line.</param>
    /// <param name="remote">Remote-MTA, RFC 3464 §2.3.5.</param>
    public static Failure Of(GraphStep step, int status, string code, string words, string remote)
    {
        var row = Rows.First(row => (row.Code == 0 || row.Code == status)
            && (row.Word is null || row.Word.Equals(code, StringComparison.OrdinalIgnoreCase)));
        var failure = new Failure(row.Fault, row.Status, Reply.Cut(Printable.Of(words)), remote);

        // What a draft lacks, a mail that needs none does without: that one mail waits, not the lane. A token that is
        // refused is another matter.
        return step == GraphStep.Send || status == 401 && step == GraphStep.Draft || row.Fault != Fault.Account
            || row.Status.Class == 4
            ? failure
            : failure with
            {
                Fault = Fault.Message,
                Status = new EnhancedStatus(4, 7, 1),
                Diagnostic = Reply.Cut(failure.Diagnostic + "; a mail this large goes by a draft, which needs the "
                    + "permission Mail.ReadWrite"),
            };
    }
}
