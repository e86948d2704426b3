namespace Postroom.Mail.Privacy;

/// <summary>How addresses stand where people look who need not know whose they are.</summary>
public enum AddressForm
{
    /// <summary>As they are.</summary>
    Plain,

    /// <summary><c>a***@example.com</c>: whose domain it is stays, whose mailbox does not.</summary>
    Masked,

    /// <summary><c>h:1f2e3d4c5b6a7988@example.com</c>: always the same for one address, so that it can be looked
    /// for; only who has the key can say for which.</summary>
    Hashed,
}
