namespace Postroom.Mail.Status;

/// <summary>Who was at fault. It decides who has to wait (promise 4).</summary>
public enum Fault : byte
{
    /// <summary>This recipient alone: unknown, or its mailbox is full.</summary>
    Recipient = 1,

    /// <summary>This mail, for every recipient: too large, its content refused.</summary>
    Message = 2,

    /// <summary>All mail sent with this account: credentials refused, quota used up, sender blocked.</summary>
    Account = 3,

    /// <summary>All mail to this next hop: unreachable, no TLS, closing.</summary>
    NextHop = 4,

    /// <summary>Us: a full disk, a bug. All mail waits, the operator is called, nobody gets a bounce.</summary>
    Ourselves = 5,
}

/// <summary>Why one try for one recipient failed, in the words of a delivery report.</summary>
/// <remarks>
/// The members are the per-recipient fields of RFC 3464 §2.3, so that the report, the trail and the console say the
/// same, and none has to parse another's text.
/// </remarks>
/// <param name="Fault">Who was at fault.</param>
/// <param name="Status">Status, §2.3.4.</param>
/// <param name="Diagnostic">Diagnostic-Code, §2.3.6: the peer's own reply, or our reason if none came.</param>
/// <param name="RemoteMta">Remote-MTA, §2.3.5; null if none was reached.</param>
public sealed record Failure(Fault Fault, EnhancedStatus Status, string Diagnostic, string? RemoteMta)
{
    /// <summary>A 5xx ends only the mail it is about: a refused password is no verdict on a mail.</summary>
    public bool IsPermanent => Status.Class == 5 && Fault is (Fault.Recipient or Fault.Message);

    /// <summary>True if the try says nothing about this mail: no attempt is burnt, the lane waits instead.</summary>
    public bool IsShared => Fault is Fault.Account or Fault.NextHop or Fault.Ourselves;
}
