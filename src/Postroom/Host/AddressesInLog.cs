using Microsoft.Extensions.Logging;
using Postroom.Api;
using Postroom.Mail.Privacy;
using Postroom.Relay.Vault;

namespace Postroom.Host;

/// <summary>How addresses stand in the log of this process now.</summary>
/// <param name="form">Before the vault was opened; then nothing can be hashed yet, and is masked.</param>
public sealed class AddressesInLog(AddressForm form)
{
    private volatile AddressVeil? _veil = form == AddressForm.Plain ? null : AddressVeil.Masked;

    /// <summary>A text as it may stand there.</summary>
    public string Of(string text) => _veil is { } veil ? veil.Of(text) : text;

    /// <summary>What to look for there.</summary>
    public LogWordAnswer WordOf(string address) => WordOf(address, _veil);

    /// <param name="veil">What does it; null: nothing does.</param>
    public static LogWordAnswer WordOf(string address, AddressVeil? veil) =>
        new(veil?.Of(address) ?? address, AnswerOf.Name(veil?.Form ?? AddressForm.Plain));

    /// <summary>From now on like this. Where the key of the hashes cannot be had they are masked, never plain, and the
    /// log says so.</summary>
    public void Use(AddressForm asked, SecretVault vault, ILogger log)
    {
        try
        {
            _veil = Veil(asked, () => AddressKey.OpenOrMake(vault));
        }
        catch (VaultException e)
        {
            _veil = AddressVeil.Masked;
            HostLog.NotHashed(log, e.Message);
        }
    }

    /// <summary>What does it; null where nothing is to be done.</summary>
    /// <exception cref="VaultException">The key cannot be had.</exception>
    public static AddressVeil? Veil(AddressForm asked, Func<AddressHash> hash) => asked switch
    {
        AddressForm.Plain => null,
        AddressForm.Masked => AddressVeil.Masked,
        AddressForm.Hashed => AddressVeil.Hashed(hash()),
    };
}
