namespace Postroom.Mail;

/// <summary>
/// Proof that a mail is on stable storage. Only the spool makes one (a test holds that); without one, no 250.
/// </summary>
public sealed record Receipt(MailId Id, DateTimeOffset At);
