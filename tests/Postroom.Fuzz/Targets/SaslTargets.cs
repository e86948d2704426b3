using System.Security.Cryptography;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;

namespace Postroom.Fuzz.Targets;

/// <summary>Names, passwords and the mechanisms, from both sides.</summary>
internal static class SaslTargets
{
    private static readonly byte[] Nonce = new byte[18];
    private static readonly StoredPassword Jira = StoredPassword.Hash("secret", new byte[16], iterations: 1);

    public static readonly FuzzTarget Prep = new("saslprep", Prepare,
        "a", "\u00c2\u00a0", "\u00c2\u00ad", "\u00c3\u00a9", "e\u00cc\u0081", "\u00ef\u00ac\u0081",
        "\u00e2\u0085\u00a8",
        "\u00d7\u0090", "\u00d8\u00a7", "1", "\u00ed\u0095\u009c",
        "\u00e1\u0084\u0080\u00e1\u0085\u00a1\u00e1\u0086\u00a8",
        "\u00cc\u00a7\u00cc\u0081", "\u00e2\u0080\u008b", "\u00ef\u00b7\u00ba", "\u00f0\u009d\u0085\u009e", "\0",
        "\u00ff",
        "\u00cc\u0080", "\u00cd\u0084", "\u00ef\u00bc\u00a1", "\u00e1\u00bc\u0080", "\u00cd\u0085") { Cost = 3 };

    public static readonly FuzzTarget Server = new("sasl-server", Serve,
        "n,,", "y,,", "p=tls-unique,,", "n,a=jira,", "n=jira", "n=root", ",r=", "abc", "=2C", "=3D", "=", ",", "c=biws",
        ",p=", "AAAA", "r=abcAAAAAAAAAAAAAAAAAAAAAAAA", "\n", "\0jira\0secret", "jira\0jira\0secret", "\0root\0x", "\0",
        "jira", "secret", "m=x,", "\u00ff", "v=") { Cost = 10 };

    public static readonly FuzzTarget Client = new("sasl-client", Talk,
        "r=AAAAAAAAAAAAAAAAAAAAAAAA", "x", ",s=", "QUJD", ",i=4096", ",i=1", ",i=2147483648", ",i=", "v=", "e=", "m=",
        "\n", ",", "=", "Username:", "\u00ff", "e=invalid-proof\x1b", "+", "e=unsupported-channel-binding-type",
        "NTLMSSP\0\x02\0\0\0", "\0\0\0\0", "\x0c\0\x0c\0\x38\0\0\0", "\x33\x82\x8a\xe2", "<1.2@hop>",
        "{\"status\":\"400\"}") { Cost = 4 };

    public static readonly FuzzTarget Stored = new("stored-password", ReadStored,
        "SCRAM-SHA-256$", "4096:", "1:", "0:", "QUJD", "$", ":", "=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "SCRAM-SHA-256$1:QUJD$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
            + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "\n", " ", "\u00ff", "99999999999");

    private static void Prepare(byte[] octets)
    {
        if (System.Text.Unicode.Utf8.IsValid(octets))
        {
            var normal = Nfkc.Of(Encoding.UTF8.GetString(octets));
            Must.Equal(normal, Nfkc.Of(normal), "what is normalised stays as it is");
        }

        if (!SaslPrep.TryPrepare(octets, out var prepared))
            return;
        Must.Hold(prepared.Length > 0 && !prepared.Any(char.IsControl), "a name holds no control character");
        Must.Hold(SaslPrep.TryPrepare(prepared, out var twice), "a prepared name can be prepared");
        Must.Equal(prepared, twice!, "a prepared name is prepared");
    }

    private static void Serve(byte[] input)
    {
        var choices = new Choices(input);
        var name = (choices.Next() % 3) switch { 0 => "PLAIN", 1 => "LOGIN", _ => "SCRAM-SHA-256" };
        var server = ServerMechanism.Create(name, user => user == "jira" ? Jira : null, Nonce, "pepper"u8.ToArray())!;
        var isOver = false;
        var said = new List<string>();
        for (var i = 0; i < 6 && !isOver; i++)
        {
            var line = Lines(choices);
            said.Add(Wire.Text(line));
            var step = server.Step(line);
            isOver = step.Result != SaslResult.Challenge;
            if (step.Result == SaslResult.Succeeded)
                Must.Hold(step.User == "jira" && Knows(name, said), "nobody gets in without the password");
        }
    }

    // The nonce is fixed here: a proof of SCRAM could only be had by knowing the password.
    private static bool Knows(string name, List<string> said) => name switch
    {
        "PLAIN" => said[^1] is "\0jira\0secret" or "jira\0jira\0secret",
        "LOGIN" => said is [.., "jira", "secret"],
        _ => false,
    };

    private static byte[] Lines(Choices choices) => Encoding.Latin1.GetBytes(
        string.Concat(choices.Line().Select(c => c > 255 ? '?' : c)));

    private static void Talk(byte[] input)
    {
        var choices = new Choices(input);
        string[] names = ["SCRAM-SHA-256", "SCRAM-SHA-1", "LOGIN", "PLAIN", "SCRAM-SHA-512-PLUS", "CRAM-MD5", "NTLM",
            "XOAUTH2", "OAUTHBEARER"];
        var name = names[choices.Next() % names.Length];
        var who = new ClientCredentials("jira", new Secret("secret"), Nonce, ClearTextAllowed: true)
        {
            IsToken = name is "XOAUTH2" or "OAUTHBEARER", Binding = new ChannelBinding("tls-unique", Nonce),
        };
        var client = ClientMechanism.Choose([name], who)!;
        var isScram = name.StartsWith("SCRAM-", StringComparison.Ordinal);
        _ = client.Initial();
        try
        {
            for (var i = 0; i < 4; i++)
            {
                var answer = client.Respond(Lines(choices));
                Must.Hold(who.IsToken || name is "PLAIN" or "LOGIN"
                    || !Wire.Text(answer).Contains("secret", StringComparison.Ordinal),
                    "a digest holds no password");
            }
        }
        catch (SaslException e)
        {
            Must.Hold(!e.Message.Contains("secret", StringComparison.Ordinal) && !e.Message.Any(char.IsControl),
                "a complaint holds no secret, and no control character");
        }

        Must.Hold(!isScram || !client.IsComplete, "a server that knows nothing proves nothing");
        Must.Hold(client.Reason is not { } reason || reason.Length <= 302 && !reason.Any(char.IsControl),
            "a reason is short, and can be shown");
    }

    private static void ReadStored(byte[] octets)
    {
        if (!StoredPassword.TryParse(Choices.TextOf(octets), out var stored))
            return;
        Must.Hold(stored.Iterations is >= 1 and <= 1_000_000, "no line of a file keeps us busy");
        Must.Hold(stored.StoredKey.Length == SHA256.HashSizeInBytes && stored.Salt.Length > 0, "keys are whole");
        Must.Hold(StoredPassword.TryParse(stored.ToString(), out var again) && again == stored, "what is kept is read");
    }
}
